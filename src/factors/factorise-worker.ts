import { parentPort } from 'node:worker_threads';
import { WarmstartError } from '../common/errors.ts';
import { type AlsProgress, alternatingLeastSquares } from './alternating-least-squares.ts';
import { checkFeatureRows } from './check-feature-rows.ts';
import { fitFeatureMap } from './fit-feature-map.ts';
import type { Factorisation, WorkerAnswer, WorkerRequest } from './worker-messages.ts';

/** The thread of `factorise`: one request, one answer. */
parentPort?.once('message', (request: WorkerRequest) => {
  try {
    const result = work(request);
    answer({ kind: 'done', result }, buffersOf(result));
  } catch (error) {
    // Anything else ends the thread, and `factorise` rejects with it.
    if (!(error instanceof WarmstartError)) throw error;
    answer({ kind: 'refused', code: error.code, message: error.message });
  }
});

const sides = ['users', 'items'] as const;

function work({ interactions, features, options, start }: WorkerRequest): Factorisation {
  for (const side of sides) {
    const rows = features[side];
    if (rows) checkFeatureRows(rows, interactions[side], side);
  }
  const factors = alternatingLeastSquares(interactions, options, progressReporter(), start);
  const maps = sides.flatMap((side) => {
    const rows = features[side];
    return rows ? [[side, fitFeatureMap(rows, factors[side], options)]] : [];
  });
  return { ...factors, maps: Object.fromEntries(maps) };
}

/** More often than this nobody reads it, and the host would be busy with messages. */
const millisecondsBetweenReports = 100;

function progressReporter(): (progress: AlsProgress) => void {
  let reported = 0;
  return (progress) => {
    const now = performance.now();
    if (progress.fraction < 1 && now - reported < millisecondsBetweenReports) return;
    reported = now;
    answer({ kind: 'progress', progress });
  };
}

function answer(message: WorkerAnswer, transfer: ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, transfer);
}

function buffersOf({ users, items, maps }: Factorisation): ArrayBuffer[] {
  const arrays = [users, items].flatMap(({ data, known }) => [data, known]);
  for (const side of sides) arrays.push(...(maps[side] ? [maps[side].data, maps[side].bias] : []));
  return arrays.map(({ buffer }) => buffer).filter((buffer) => buffer instanceof ArrayBuffer);
}
