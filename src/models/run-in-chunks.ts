import { setImmediate } from 'node:timers/promises';

/**
 * Runs over `rows` rows in chunks of at most `rowsPerRun`, in order, and lets the event loop serve others
 * between two chunks.
 */
export async function runInChunks(
  rows: number,
  rowsPerRun: number,
  run: (start: number, end: number) => Promise<void>,
): Promise<void> {
  for (let start = 0; start < rows; start += rowsPerRun) {
    if (start > 0) await setImmediate();
    await run(start, Math.min(start + rowsPerRun, rows));
  }
}
