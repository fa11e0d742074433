import type { MetricName } from '../evaluation/metrics.ts';
import { type Estimate, estimate, type ModelMeasurement } from '../model-benchmark/measure-model.ts';
import type { FinishedUnits } from './finished-units.ts';
import { type ModelUnit, modelExists } from './model-units.ts';
import type { PaperRow, PaperTable } from './paper-tables.ts';

/** A table of the paper with what was measured for it. */
export interface MeasuredTable {
  readonly table: PaperTable;
  /** The rows that were measured. */
  readonly rows: readonly MeasuredRow[];
  /** The rows without a model in the benchmark. */
  readonly withoutModel: readonly PaperRow[];
}

export interface MeasuredRow extends PaperRow {
  /** Means over the seeds, one for each metric of the table, or `undefined` if the model does not have the metric. */
  readonly measured: readonly (Estimate | undefined)[];
}

/** The finished measurements of a model, one for each seed. */
export type MeasurementsOf = (unit: Pick<ModelUnit, 'dataset' | 'setting' | 'model'>) => readonly ModelMeasurement[];

export function finishedMeasurements(units: readonly ModelUnit[], finished: FinishedUnits): MeasurementsOf {
  return ({ dataset, setting, model }) =>
    units.flatMap((unit) => {
      const isAsked = unit.dataset === dataset && unit.setting === setting && unit.model === model;
      const done = isAsked ? finished.get(unit.key) : undefined;
      return done ? [done.result as ModelMeasurement] : [];
    });
}

/**
 * Returns the table with the means over the seeds. A single measurement stands for all `seeds` of a model that does
 * not depend on the seed. Rows without a measurement are left out, and rows say if seeds are missing.
 */
export function measuredTable(
  table: PaperTable,
  measurementsOf: MeasurementsOf,
  isSeeded: (model: string) => boolean,
  seeds: number,
): MeasuredTable {
  const rows = table.rows.flatMap((row): MeasuredRow[] => {
    const runs = measurementsOf({ ...table, model: row.model });
    const [first] = runs;
    if (!first) return [];
    const all = isSeeded(row.model) ? runs : Array.from({ length: seeds }, () => first);
    const name = all.length < seeds ? `${row.name} (${all.length} of ${seeds} seeds)` : row.name;
    return [{ ...row, name, measured: table.metrics.map((metric) => estimateOf(all, metric)) }];
  });
  return { table, rows, withoutModel: table.rows.filter(({ model }) => !modelExists(table, model)) };
}

function estimateOf(runs: readonly ModelMeasurement[], metric: MetricName): Estimate | undefined {
  const values = runs.flatMap(({ metrics }) => metrics[metric]?.mean ?? []);
  return values.length > 0 ? estimate(values) : undefined;
}
