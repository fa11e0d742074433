import type { PreparedRow, PrepareRow, RowFacts, RowTimes } from './prepare-row.ts';
import { type BenchSize, type Row, rowsOf } from './rows.ts';

/** The cost of a model with a number of steps. Times are medians in milliseconds. */
export interface EfficiencyRow extends Row, RowFacts {
  readonly trainStepMs: number;
  readonly adaptAndScoreMs: number;
  /** The times of the fastest runs, which other work on the machine disturbs least. */
  readonly fastest: { readonly trainStepMs: number; readonly adaptAndScoreMs: number };
}

/**
 * Prepares all rows and then measures them in turns, so that other work on the machine slows all of them alike.
 * `prepare` makes a row ready.
 */
export async function measureRows(size: BenchSize, prepare: PrepareRow): Promise<EfficiencyRow[]> {
  const prepared: { readonly row: Row; readonly ready: PreparedRow; readonly turns: RowTimes[] }[] = [];
  try {
    for (const row of rowsOf(size)) prepared.push({ row, ready: await prepare(row, size), turns: [] });
    for (let round = 0; round < size.rounds; round++)
      for (const { ready, turns } of prepared) turns.push(await ready.measure());
    return prepared.map(({ row, ready, turns }) => ({ ...row, ...timesOf(turns), ...ready.facts }));
  } finally {
    for (const { ready } of prepared) ready.dispose();
  }
}

function timesOf(turns: readonly RowTimes[]): Pick<EfficiencyRow, 'trainStepMs' | 'adaptAndScoreMs' | 'fastest'> {
  const trainSteps = turns.flatMap(({ trainStep }) => trainStep);
  const adaptations = turns.flatMap(({ adaptAndScore }) => adaptAndScore);
  return {
    trainStepMs: median(trainSteps),
    adaptAndScoreMs: median(adaptations),
    fastest: { trainStepMs: Math.min(...trainSteps), adaptAndScoreMs: Math.min(...adaptations) },
  };
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
