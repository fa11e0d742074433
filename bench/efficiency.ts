import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { projectRoot } from '../src/common/project-root.ts';
import { efficiencyChart } from './efficiency/chart.ts';
import type { PreparedRow, PrepareRow, RowFacts, RowTimes } from './efficiency/prepare-row.ts';
import { comparisons, efficiencyTable } from './efficiency/report.ts';
import { prepareRowApart } from './efficiency/row-process.ts';
import { type BenchSize, paperSize, quickSize, type Row, rowsOf } from './efficiency/rows.ts';
import { renderChart } from './support/render-chart.ts';

/** The cost of a model with a number of steps. Times are medians in milliseconds. */
export interface EfficiencyRow extends Row, RowFacts {
  readonly trainStepMs: number;
  readonly adaptAndScoreMs: number;
  /** The times of the fastest runs, which other work on the machine disturbs least. */
  readonly fastest: { readonly trainStepMs: number; readonly adaptAndScoreMs: number };
}

export interface EfficiencyResults {
  readonly rows: readonly EfficiencyRow[];
}

/** The figure that documents show. Only measurements at the paper's sizes are drawn into it. */
const figureFile = join(projectRoot, 'docs', 'figures', 'efficiency.svg');

/**
 * Measures what CMML and models that adapt by gradient steps cost on the onnx engine with one thread, as in figure 2 of
 * the paper of CMML. Prints a table and what follows from it, draws the figure, and returns the results.
 */
export async function benchEfficiency({ quick = false }: { readonly quick?: boolean }): Promise<EfficiencyResults> {
  const size = quick ? quickSize : paperSize;
  const results = { rows: await measureRows(size, prepareRowApart) };
  process.stdout.write(`${efficiencyTable(results.rows)}\n${comparisons(results.rows)}\n${howMeasured(size)}`);
  if (!quick) await drawFigure(results);
  return results;
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

async function drawFigure({ rows }: EfficiencyResults): Promise<void> {
  mkdirSync(dirname(figureFile), { recursive: true });
  writeFileSync(figureFile, await renderChart(efficiencyChart(rows)));
}

function howMeasured({ tasks, support, query, rounds, stepsPerRound, adaptationsPerRound }: BenchSize): string {
  return [
    `A training step has ${tasks} tasks of ${support} support and ${query} query pairs. Embedding is part of it.`,
    `The served recommender adapts to ${support} embedded pairs and scores ${query} embedded items, without embedding them.`,
    'MeLU adapts in a thread of its own, as in serving, which costs between 0.1 and 0.2 ms.',
    'Memory is the peak of a process while it compiles and takes training steps, above that before.',
    `Times are medians of ${rounds * stepsPerRound} training steps and ${rounds * adaptationsPerRound} adaptations, in ${rounds} rounds over all rows.`,
    '',
  ].join('\n');
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
