import { fork } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ErrorCode, WarmstartError } from '../common/errors.ts';
import type { TrainingProgress } from '../training/training-request.ts';
import type { BenchmarkRequest } from './benchmark-request.ts';
import type { RejectedRows } from './dataset-tables.ts';
import type { ModelMeasurement, OnModelProgress } from './measure-model.ts';

export interface MeasuringRequest {
  readonly request: BenchmarkRequest;
  readonly model: string;
}

export type MeasuringAnswer =
  | { readonly kind: 'read'; readonly rejected: readonly RejectedRows[] }
  | { readonly kind: 'progress'; readonly seed: number; readonly progress: TrainingProgress }
  | { readonly kind: 'measured'; readonly measurement: ModelMeasurement }
  | { readonly kind: 'failed'; readonly code: ErrorCode | null; readonly message: string };

export interface MeasuringListeners {
  /** Called when the data has been read, with the rows that could not be used. */
  readonly onRead?: (rejected: readonly RejectedRows[]) => void;
  readonly onProgress?: OnModelProgress;
}

/**
 * Measures a model in a process of its own, so that the peak of memory is that of the model. Throws the error of the
 * process, and the signal's reason when it aborts, which ends the process.
 */
export async function measureInProcess(
  job: MeasuringRequest,
  { onRead, onProgress }: MeasuringListeners = {},
  signal?: AbortSignal,
): Promise<ModelMeasurement> {
  signal?.throwIfAborted();
  // TypeScript if this file is TypeScript, because a child process inherits the hooks of tsx. Otherwise JavaScript.
  const url = new URL(`./measuring-process${extname(import.meta.url)}`, import.meta.url);
  const child = fork(fileURLToPath(url), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    // JSON would turn a NaN loss into null.
    serialization: 'advanced',
  });
  const kill = () => child.kill();
  signal?.addEventListener('abort', kill);
  try {
    return await new Promise((resolve, reject) => {
      child.on('message', (answer: MeasuringAnswer) => {
        try {
          if (answer.kind === 'progress') onProgress?.(answer.seed, answer.progress);
          else if (answer.kind === 'read') onRead?.(answer.rejected);
          else if (answer.kind === 'measured') resolve(answer.measurement);
          else reject(failureOf(answer));
        } catch (error) {
          // Nothing catches what an event listener throws.
          kill();
          reject(error);
        }
      });
      child.on('error', reject);
      // Unlike 'exit', 'close' comes after the last message.
      child.on('close', (code, by) =>
        reject(signal?.aborted ? signal.reason : new Error(`measuring ${job.model} ended early (${by ?? code})`)),
      );
      child.send(job);
    });
  } finally {
    signal?.removeEventListener('abort', kill);
  }
}

function failureOf({ code, message }: MeasuringAnswer & { kind: 'failed' }): Error {
  return code === null ? new Error(message) : new WarmstartError(code, message);
}
