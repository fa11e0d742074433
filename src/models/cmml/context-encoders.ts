import type { ContextEncoderKind } from './cmml-config.ts';
import type { ContextEncoder } from './context-encoder.ts';
import { meanPool } from './mean-pool.ts';

export const contextEncoders: Record<ContextEncoderKind, ContextEncoder> = { meanPool };
