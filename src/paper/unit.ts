import { createHash } from 'node:crypto';
import type { EngineChoice } from '../engine/engine.ts';
import type { EngineOptions } from '../engine/engines.ts';
import type { TrainingProgress } from '../training/training-request.ts';

/** A unit of work: one trained model, or what one figure shows. Its result is plain data. */
export interface Unit<Result = unknown> {
  /** A hash of everything that the result depends on. */
  readonly key: string;
  readonly title: string;
  /** Units of a group take about the same time. */
  readonly group: string;
  run(onProgress: (progress: TrainingProgress) => void, signal: AbortSignal): Promise<Result>;
}

/** What the results of all units of a run depend on. */
export interface RunConditions {
  /** See `fingerprint`. */
  readonly data: string;
  readonly engine: Pick<EngineOptions, 'provider' | 'threads'> & { readonly choice: EngineChoice };
  /** Maximum number of passes over the training tasks. Default: each model's own. */
  readonly epochs: number | undefined;
}

/** Returns the key of a unit. `own` is what its result depends on besides the conditions of the run. */
export function unitKey(conditions: RunConditions, own: object): string {
  return createHash('sha256')
    .update(JSON.stringify([conditions, own]))
    .digest('hex');
}
