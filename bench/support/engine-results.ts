import type { EngineName } from '../../src/engine/engine.ts';
import { describeVariant } from './engine-variants.ts';
import type { AgainstWasm, Scores, TrainStep } from './measure-cmml.ts';
import type { Measurement } from './measurement.ts';
import type { EpochTime } from './time-epoch.ts';
import type { gruSize } from './time-gru.ts';

/** What the benchmark of engines writes to its JSON file; ratios are of one run. */
export interface EngineResults {
  readonly trainStep: readonly AgainstWasm<TrainStep>[];
  /** On onnx with one thread. */
  readonly epoch: EpochTime;
  readonly scoring: readonly AgainstWasm<Scores>[];
  /** A training step of a GRU, on onnx with one thread. */
  readonly gru: typeof gruSize & { readonly seconds: number };
}

/** The results as lines of a table, with what they should reach. */
export function resultLines({ trainStep, epoch, scoring, gru }: EngineResults): Measurement[] {
  return [
    ...trainStep.flatMap(({ model, engine, threads, millisecondsPerStep, ratioToWasm }) =>
      timeAndRatio(
        `${model} training step, 32 tasks x (90 + 10)`,
        { engine, threads, target: 20 },
        millisecondsPerStep,
        ratioToWasm,
      ),
    ),
    ...scoring.flatMap((row) => [
      ...timeAndRatio(
        `${row.model} scoring of ${row.candidates} candidates`,
        { ...row, target: 8 },
        row.milliseconds,
        row.ratioToWasm,
      ),
      ...shareLines(row),
    ]),
    ...epochLines(epoch),
    {
      what: `GRU training step, ${gru.tasks} tasks x ${gru.steps} steps`,
      how: 'onnx, 1 thread',
      value: gru.seconds * 1000,
      unit: 'ms',
      target: 350,
    },
  ];
}

interface Where {
  readonly engine: EngineName;
  readonly threads: number;
  /** How many times as fast as wasm the compiled engine should be. */
  readonly target: number;
}

function timeAndRatio(what: string, where: Where, time: number, ratio: number): Measurement[] {
  const how = describeVariant(where);
  const target = where.engine === 'onnx' ? { target: where.target } : {};
  const against: Measurement[] =
    where.engine === 'wasm' ? [] : [{ what: '  as fast as wasm', how, value: ratio, unit: 'x', ...target }];
  return [{ what, how, value: time, unit: 'ms' }, ...against];
}

function shareLines({ shareOfMatMul, gflops, ...where }: Scores): Measurement[] {
  if (shareOfMatMul === null) return [];
  const how = describeVariant(where);
  return [
    { what: '  speed', how, value: gflops, unit: 'GFLOP/s' },
    { what: '  share of the MatMul speed', how, value: 100 * shareOfMatMul, unit: '%', target: 50 },
  ];
}

function epochLines({ users, seconds, batchBuildingShare }: EpochTime): Measurement[] {
  const how = 'onnx, 1 thread';
  return [
    { what: `CMML-FiLM epoch of ${users} users`, how, value: 1000 * seconds, unit: 'ms' },
    { what: '  sampling and packing', how, value: 100 * batchBuildingShare, unit: '%' },
  ];
}
