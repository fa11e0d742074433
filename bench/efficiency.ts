import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { projectRoot } from '../src/common/project-root.ts';
import { renderChart } from '../src/paper/render-chart.ts';
import { efficiencyChart } from './efficiency/chart.ts';
import { type EfficiencyRow, measureRows } from './efficiency/measure-rows.ts';
import { comparisons, efficiencyTable } from './efficiency/report.ts';
import { prepareRowApart } from './efficiency/row-process.ts';
import { type BenchSize, paperSize, quickSize } from './efficiency/rows.ts';

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

async function drawFigure({ rows }: EfficiencyResults): Promise<void> {
  mkdirSync(dirname(figureFile), { recursive: true });
  writeFileSync(figureFile, await renderChart(efficiencyChart(rows)));
}

function howMeasured({ tasks, support, query, rounds, stepsPerRound, adaptationsPerRound }: BenchSize): string {
  return [
    'Ratios (x) are to the first row.',
    `A training step has ${tasks} tasks of ${support} support and ${query} query pairs. Embedding is part of it.`,
    `The served recommender adapts to ${support} embedded pairs and scores ${query} embedded items, without embedding them.`,
    'MeLU and s²Meta adapt in a thread of their own, as in serving, which costs between 0.1 and 0.2 ms.',
    `s²Meta trains on one task a step: its time is that of ${tasks} steps, and its memory that of one.`,
    'Memory is the peak of a process while it compiles and takes training steps, above that before.',
    `Times are medians of ${rounds * stepsPerRound} training steps and ${rounds * adaptationsPerRound} adaptations (s²Meta: ${rounds}), in ${rounds} rounds over all rows.`,
    '',
  ].join('\n');
}
