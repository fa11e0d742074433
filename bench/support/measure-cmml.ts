import type { Engine, EngineName } from '../../src/engine/engine.ts';
import type { TrainingData } from '../../src/tasks/training-data.ts';
import { type CmmlModelName, cmmlModels } from './cmml-models.ts';
import { candidates, cmmlScoring } from './cmml-scoring.ts';
import { cmmlTraining, firstBatch } from './cmml-training.ts';
import type { EngineVariant } from './engine-variants.ts';
import { timeFunction, timeTraining } from './time-definition.ts';

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
  /** The part, from 0 to 1, of the speed that this engine has on one large product; null where it is not measured. */
  readonly shareOfMatMul: number | null;
}

/** How many times as fast as wasm in the same run; 1 for wasm itself. */
export type AgainstWasm<T> = T & { readonly ratioToWasm: number };

/** A training step of every model. */
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

/** Scoring with every model; `peak` is the engine's speed on one large product, in GFLOP/s. */
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

export function againstWasm<T extends OnEngine>(
  rows: readonly T[],
  timeOf: (row: T) => number,
): AgainstWasm<T>[] {
  return rows.map((row) => {
    const wasm = rows.find(({ model, engine }) => model === row.model && engine === 'wasm') as T;
    return { ...row, ratioToWasm: timeOf(wasm) / timeOf(row) };
  });
}

const modelNames = Object.keys(cmmlModels) as CmmlModelName[];
