import type { TopLevelSpec } from 'vega-lite';
import type { EfficiencyRow } from './measure-rows.ts';

/** The panels of the chart, in order. */
const panels = [
  { title: 'Training step (ms)', cost: 'trainStepMs' },
  { title: 'Adapt and score (ms)', cost: 'adaptAndScoreMs' },
  { title: 'Peak memory (MiB)', cost: 'peakMiB' },
] as const;

/** Returns a chart of the costs against the number of gradient steps, with one line for each model. */
export function efficiencyChart(rows: readonly EfficiencyRow[]): TopLevelSpec {
  return {
    data: { values: pointsOf(rows) },
    hconcat: panels.map(({ title, cost }) => ({
      title,
      width: 200,
      height: 200,
      mark: { type: 'line', point: true },
      encoding: {
        x: { field: 'steps', type: 'quantitative', title: 'gradient steps', axis: { values: stepsOf(rows) } },
        y: { field: cost, type: 'quantitative', title: null, scale: { type: 'log' } },
        color: { field: 'model', type: 'nominal', title: null, sort: null },
      },
    })),
    background: 'white',
  };
}

/** A model without steps has the same cost at every number of steps. */
function pointsOf(rows: readonly EfficiencyRow[]): EfficiencyRow[] {
  return rows.flatMap((row) => (row.steps === null ? stepsOf(rows).map((steps) => ({ ...row, steps })) : [row]));
}

function stepsOf(rows: readonly EfficiencyRow[]): number[] {
  return [...new Set(rows.flatMap(({ steps }) => steps ?? []))];
}
