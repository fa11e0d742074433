import { attention } from './attention.ts';
import type { ContextEncoderKind } from './cmml-config.ts';
import type { ContextEncoder } from './context-encoder.ts';
import { gruEncoder } from './gru-encoder.ts';
import { maxPool } from './max-pool.ts';
import { meanPool } from './mean-pool.ts';

export const contextEncoders: Record<ContextEncoderKind, ContextEncoder> = {
  meanPool,
  maxPool,
  gru: gruEncoder,
  attention,
};
