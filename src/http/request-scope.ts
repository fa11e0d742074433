import type { Logger } from 'pino';
import type { Allowance } from './rate-limits.ts';

/** What is known of a request besides its body. */
export interface RequestScope {
  /** By which its log lines and its response are known. */
  readonly id: string;
  /** Writes the id into every line. */
  readonly logger: Logger;
  readonly allowance: Allowance;
  /** OK, or the code of its first error; known when it is answered. */
  outcome: string | undefined;
}
