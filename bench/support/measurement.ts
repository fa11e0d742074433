/** One line of a benchmark's table. */
export interface Measurement {
  readonly what: string;
  /** Engine and threads. */
  readonly how: string;
  readonly value: number;
  readonly unit: 'ms' | 'GFLOP/s' | '%' | 'x';
  /** What the value should be at least, or for times at most; absent where it is only reported. */
  readonly target?: number;
}

/** Every time is the least of its runs: what the machine can do when nobody disturbs it. */
export const statistic = 'Times are the least of several runs, after one to warm up.';

/** The least of some runs, in milliseconds, after one to warm up. */
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
  const rows = [['what', 'how', 'value', 'target'], ...measurements.map(cells)];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: string[]) => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ');
  return rows.map((row) => `${line(row).trimEnd()}\n`).join('');
}

function cells({ what, how, value, unit, target }: Measurement): string[] {
  const digits = value < 10 ? 2 : value < 100 ? 1 : 0;
  const bound = unit === 'ms' ? 'under' : 'at least';
  return [
    what,
    how,
    `${value.toFixed(digits)} ${unit}`,
    target === undefined ? '' : `${bound} ${target} ${unit}`,
  ];
}
