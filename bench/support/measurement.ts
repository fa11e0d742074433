/** One line of a benchmark's table. */
export interface Measurement {
  readonly what: string;
  /** The engine and its number of threads. */
  readonly how: string;
  readonly value: number;
  readonly unit: 'ms' | 'GFLOP/s' | '%';
  /** The speed relative to wasm. */
  readonly ratioToWasm?: number;
  /** The target in words; undefined if there is none. */
  readonly target?: string;
}

/** Every time is the minimum of its runs, which other processes on the machine disturb least. */
export const statistic = 'Times are the minimum of several runs, after one warm-up run.';

/** Returns the minimum time of several runs, in milliseconds, after one warm-up run. */
export async function bestOf(runs: number, work: () => Promise<unknown>): Promise<number> {
  await work();
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < runs; run++) {
    const start = performance.now();
    await work();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

export function printTable(measurements: readonly Measurement[]): string {
  const rows = [['what', 'how', 'value', 'against wasm', 'target'], ...measurements.map(cells)];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: string[]) => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ');
  return rows.map((row) => `${line(row).trimEnd()}\n`).join('');
}

function cells({ what, how, value, unit, ratioToWasm, target = '' }: Measurement): string[] {
  const ratio = ratioToWasm === undefined ? '' : `${rounded(ratioToWasm)} x as fast`;
  return [what, how, `${rounded(value)} ${unit}`, ratio, target];
}

function rounded(value: number): string {
  return value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
}
