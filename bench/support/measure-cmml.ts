import type { Engine, EngineName } from '../../src/engine/engine.ts';
import { openEngine } from '../../src/engine/engines.ts';
import type { TrainingData } from '../../src/tasks/training-data.ts';
import { type CmmlModelName, candidates, cmmlModels, cmmlScoring, cmmlTraining, firstBatch } from './cmml-workloads.ts';
import { timeFunction, timeTraining } from './workload-timings.ts';

/** The measured engines, with the number of runs of each measurement. Slower engines vary less and need fewer. */
export const engineVariants = [
  { engine: 'onnx', threads: 1, runs: 30 },
  { engine: 'onnx', threads: 2, runs: 30 },
  { engine: 'wasm', threads: 1, runs: 5 },
  { engine: 'cpu', threads: 1, runs: 1 },
] as const;
export type EngineVariant = (typeof engineVariants)[number];

export function openVariant({ engine, threads }: EngineVariant): Promise<Engine> {
  return openEngine(engine, { threads });
}

export function describeVariant({ engine, threads }: { engine: EngineName; threads: number }): string {
  return `${engine}, ${threads} thread${threads > 1 ? 's' : ''}`;
}

interface OnEngine {
  readonly model: CmmlModelName;
  readonly engine: EngineName;
  readonly threads: number;
}

export interface TrainStep extends OnEngine {
  readonly millisecondsPerStep: number;
}

export interface Scores extends OnEngine {
  readonly candidates: number;
  readonly milliseconds: number;
  readonly gflops: number;
  /** The share, from 0 to 1, of the engine's speed on one large matrix product; null if that is not measured. */
  readonly shareOfMatMul: number | null;
}

/** A measurement with its speed relative to wasm in the same run; the ratio of wasm is 1. */
export type AgainstWasm<T> = T & { readonly ratioToWasm: number };

/** Measures a training step of every model. */
export async function measureTraining(
  opened: Engine,
  { engine, threads, runs }: EngineVariant,
  data: TrainingData,
): Promise<TrainStep[]> {
  const steps: TrainStep[] = [];
  for (const model of modelNames) {
    const definition = cmmlTraining(cmmlModels[model], data);
    const millisecondsPerStep = await timeTraining(opened, definition, firstBatch(data), runs);
    steps.push({ model, engine, threads, millisecondsPerStep });
  }
  return steps;
}

/** Measures scoring with every model; `peak` is the engine's speed on one large matrix product, in GFLOP/s. */
export async function measureScoring(
  opened: Engine,
  { engine, threads, runs }: EngineVariant,
  { schema }: TrainingData,
  peak: number | null,
): Promise<Scores[]> {
  const scores: Scores[] = [];
  for (const model of modelNames) {
    const { definition, inputs, operations } = cmmlScoring(cmmlModels[model], schema);
    const milliseconds = await timeFunction(opened, definition, inputs, runs);
    const gflops = operations / (milliseconds * 1e6);
    const shareOfMatMul = peak === null ? null : gflops / peak;
    scores.push({ model, engine, threads, candidates, milliseconds, gflops, shareOfMatMul });
  }
  return scores;
}

export function againstWasm<T extends OnEngine>(rows: readonly T[], timeOf: (row: T) => number): AgainstWasm<T>[] {
  return rows.map((row) => {
    const wasm = rows.find(({ model, engine }) => model === row.model && engine === 'wasm') as T;
    return { ...row, ratioToWasm: timeOf(wasm) / timeOf(row) };
  });
}

const modelNames = Object.keys(cmmlModels) as CmmlModelName[];
