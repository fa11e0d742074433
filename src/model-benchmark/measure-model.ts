import type { Engine } from '../engine/engine.ts';
import { loadRecommender, type RecommenderKind } from '../models/recommenders.ts';
import { train } from '../training/train.ts';
import type { ParsedRecipe } from '../training/training-recipe.ts';
import type { TrainingProgress } from '../training/training-request.ts';
import type { Baseline } from './benchmark-models.ts';
import { type BenchmarkRequest, type RequestedModel, requestedModel } from './benchmark-request.ts';
import type { Experiment, ListCounts, Measured, MeasuredLists, Metrics } from './experiment.ts';
import { type BenchmarkData, openExperiment } from './open-experiment.ts';

/** The measurement of a model: means over its seeds. */
export interface ModelMeasurement {
  readonly model: string;
  /** The metrics that apply to the model. */
  readonly metrics: Estimates<Metrics>;
  /** The metrics of each domain, by its number from 1. Only if there are several domains. */
  readonly domains?: Readonly<Record<string, Estimates<Metrics>>>;
  /** Only in the protocol of lists. */
  readonly lists?: Estimates<MeasuredLists>;
  /** Seconds of training and validation, without compilation and without making factors. */
  readonly secondsPerEpoch: number;
  /** The mean number of epochs. Early stopping can end a training run before the last epoch. */
  readonly epochs: number;
  readonly parameters: number;
  /** The peak memory, in MiB, of the process that measured only this model. */
  readonly peakRssMiB: number;
  readonly seeds: number;
  readonly trainingTasks: number;
  readonly testTasks: number;
  readonly listCounts?: ListCounts;
}

export type OnModelProgress = (seed: number, progress: TrainingProgress) => void;

/** Trains a model with every seed and measures it on the held-out tasks. */
export async function measureModel(
  request: BenchmarkRequest,
  name: string,
  data: BenchmarkData,
  engine: Engine,
  onProgress: OnModelProgress,
): Promise<ModelMeasurement> {
  const model = requestedModel(request, name);
  const experiment = openExperiment(request, data, model);
  const runs: Run[] = [];
  const { firstSeed = 1, seeds } = request;
  for (let seed = firstSeed; seed < firstSeed + (dependsOnSeed(model) ? seeds : 1); seed++) {
    runs.push(
      'kind' in model
        ? await trainAndMeasure({ ...model, options: { ...model.options, seed } }, experiment, engine, (progress) =>
            onProgress(seed, progress),
          )
        : await measureBaseline(model, experiment),
    );
  }
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const epochs = mean(runs.map((run) => run.epochs));
  const { metrics, domains, lists } = estimateAll(repeat(runs, seeds).map(({ measured }) => measured));
  return {
    model: name,
    metrics,
    ...(domains && { domains }),
    ...(lists && { lists }),
    secondsPerEpoch: epochs === 0 ? 0 : mean(runs.map(({ seconds }) => seconds)) / epochs,
    epochs,
    parameters: runs[0]?.parameters ?? 0,
    peakRssMiB: process.resourceUsage().maxRSS / 1024,
    seeds,
    trainingTasks: experiment.trainingTasks,
    testTasks: experiment.testTasks,
    ...(experiment.listCounts && { listCounts: experiment.listCounts }),
  };
}

interface Run {
  readonly measured: Measured;
  readonly seconds: number;
  readonly epochs: number;
  readonly parameters: number;
}

async function trainAndMeasure(
  recipe: ParsedRecipe,
  { data, evaluate }: Experiment,
  engine: Engine,
  onProgress: (progress: TrainingProgress) => void,
): Promise<Run> {
  const clock = epochClock(engine);
  const { artifact, epochs } = await train({ recipe, data, engine: clock.engine, onProgress });
  const seconds = clock.seconds();
  const recommender = await loadRecommender(artifact, engine);
  try {
    const parameters = Object.values(artifact.parameters).reduce((sum, { data }) => sum + data.length, 0);
    return { measured: await evaluate(recommender), seconds, epochs, parameters };
  } finally {
    recommender.dispose();
  }
}

async function measureBaseline({ make }: Baseline, { data, measured = data, evaluate }: Experiment): Promise<Run> {
  return { measured: await evaluate(make(measured)), seconds: 0, epochs: 0, parameters: 0 };
}

/** The kinds of models that start from random parameters. */
const seeded: Record<RecommenderKind, boolean> = {
  cmml: true,
  dcn: true,
  maml: true,
  s2meta: true,
  tanp: true,
  conet: true,
  itemPopularity: false,
  ease: false,
  itemKnn: false,
  ials: true,
};

/** Returns whether two seeds can give two models. */
export function dependsOnSeed(model: RequestedModel): boolean {
  return 'kind' in model && seeded[model.kind];
}

/** Returns `count` values. A single one stands for all: it is what every seed gives. */
function repeat<T>(values: readonly T[], count: number): T[] {
  return Array.from({ length: count }, (_, index) => values[index % values.length] as T);
}

/** Returns the seconds since the end of the last compilation, so that neither compiling nor making factors counts. */
function epochClock(engine: Engine): { engine: Engine; seconds: () => number } {
  let compiled: number | undefined;
  const timed = async <T>(compilation: Promise<T>): Promise<T> => {
    const result = await compilation;
    compiled = performance.now();
    return result;
  };
  return {
    engine: {
      name: engine.name,
      rowsPerRun: engine.rowsPerRun,
      compile: (definition) => timed(engine.compile(definition)),
      compileTraining: (definition) => timed(engine.compileTraining(definition)),
    },
    seconds: () => (compiled === undefined ? 0 : (performance.now() - compiled) / 1000),
  };
}

/** An estimate of each number in groups of numbers. */
export type Estimates<T> = {
  readonly [Name in keyof T]: NonNullable<T[Name]> extends number ? Estimate : Estimates<T[Name]>;
};

/** Estimates each number that all runs have. */
function estimateAll<T extends object>(runs: readonly T[]): Estimates<T> {
  const groups = runs as readonly Readonly<Record<string, number | object | undefined>>[];
  const names = Object.keys(groups[0] ?? {}).filter((name) => groups.every((group) => group[name] !== undefined));
  const estimated = names.map((name) => {
    const values = groups.map((group) => group[name]);
    return [name, typeof values[0] === 'number' ? estimate(values as number[]) : estimateAll(values as object[])];
  });
  return Object.fromEntries(estimated) as Estimates<T>;
}

export interface Estimate {
  readonly mean: number;
  /** Half of the 95 % interval: 1.96 · s / √n with the sample deviation s. `null` if there is only one value. */
  readonly ci95: number | null;
}

/** Returns the mean of independent measurements with its interval, as in the paper's appendix 7.1. */
export function estimate(values: readonly number[]): Estimate {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (values.length < 2) return { mean, ci95: null };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return { mean, ci95: 1.96 * Math.sqrt(variance / values.length) };
}
