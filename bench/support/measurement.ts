/** One line of a benchmark's table. */
export interface Measurement {
  readonly what: string;
  /** Engine and threads. */
  readonly how: string;
  readonly value: number;
  readonly unit: 'ms' | 'GFLOP/s' | '%';
  /** How many times as fast as wasm. */
  readonly ratioToWasm?: number;
  /** What it should reach, in words; absent where it is only reported. */
  readonly target?: string;
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
