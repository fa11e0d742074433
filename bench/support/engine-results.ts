import { type AgainstWasm, describeVariant, type Scores, type TrainStep } from './measure-cmml.ts';
import type { Measurement } from './measurement.ts';
import type { EpochTime, gruSize } from './workload-timings.ts';

/** The JSON results of the engine benchmark. Ratios are from one run. */
export interface EngineResults {
  readonly trainStep: readonly AgainstWasm<TrainStep>[];
  /** On onnx with one thread. */
  readonly epoch: EpochTime;
  readonly scoring: readonly AgainstWasm<Scores>[];
  /** A training step of a GRU, on onnx with one thread. */
  readonly gru: typeof gruSize & { readonly seconds: number };
}

/** Formats the results as lines of a table, ordered by model, with their targets. */
export function resultLines({ trainStep, epoch, scoring, gru }: EngineResults): Measurement[] {
  const compiled = describeVariant({ engine: 'onnx', threads: 1 });
  const { tasks, steps } = gru;
  return [
    ...byModel(trainStep).map(stepLine),
    ...byModel(scoring).flatMap(scoringLines),
    {
      what: `CMML-FiLM epoch of ${epoch.users} users`,
      how: compiled,
      value: 1000 * epoch.seconds,
      unit: 'ms',
    },
    { what: '  sampling and packing', how: compiled, value: 100 * epoch.batchBuildingShare, unit: '%' },
    {
      what: `GRU training step, ${tasks} tasks x ${steps} steps`,
      how: compiled,
      value: 1000 * gru.seconds,
      unit: 'ms',
      target: 'under 350 ms',
    },
  ];
}

function stepLine(row: AgainstWasm<TrainStep>): Measurement {
  return {
    what: `${row.model} training step, 32 tasks x (90 + 10)`,
    how: describeVariant(row),
    value: row.millisecondsPerStep,
    unit: 'ms',
    ratioToWasm: row.ratioToWasm,
    ...(row.engine === 'onnx' ? { target: 'at least 20 x' } : {}),
  };
}

function scoringLines(row: AgainstWasm<Scores>): Measurement[] {
  const how = describeVariant(row);
  const time: Measurement = {
    what: `${row.model} scoring of ${row.candidates} candidates`,
    how,
    value: row.milliseconds,
    unit: 'ms',
    ratioToWasm: row.ratioToWasm,
  };
  if (row.shareOfMatMul === null) return [time];
  const share = 100 * row.shareOfMatMul;
  return [
    { ...time, target: 'at least 8 x' },
    { what: '  share of the MatMul speed', how, value: share, unit: '%', target: 'at least 50 %' },
  ];
}

function byModel<T extends { readonly model: string }>(rows: readonly T[]): T[] {
  return [...rows].sort((a, b) => a.model.localeCompare(b.model));
}
