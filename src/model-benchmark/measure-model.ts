import type { Engine } from '../engine/engine.ts';
import { type MetricName, metricNames } from '../evaluation/metrics.ts';
import { loadRecommender } from '../models/recommenders.ts';
import { train } from '../training/train.ts';
import type { TrainingProgress } from '../training/training-request.ts';
import { type BenchmarkRequest, requestedRecipe } from './benchmark-request.ts';
import type { Metrics } from './experiment.ts';
import { type BenchmarkData, openExperiment } from './open-experiment.ts';

/** The measurement of a model: means over its seeds. */
export interface ModelMeasurement {
  readonly model: string;
  /** The metrics that apply to the model. */
  readonly metrics: Readonly<Partial<Record<MetricName, Estimate>>>;
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
  const recipe = requestedRecipe(request, name);
  const experiment = openExperiment(request, data, recipe);
  const runs: { metrics: Metrics; seconds: number; epochs: number; parameters: number }[] = [];
  for (let seed = 1; seed <= request.seeds; seed++) {
    const clock = epochClock(engine);
    const result = await train({
      kind: recipe.kind,
      config: recipe.config,
      options: { ...recipe.options, seed },
      data: experiment.data,
      engine: clock.engine,
      onProgress: (progress) => onProgress(seed, progress),
    });
    const seconds = clock.seconds();
    const recommender = await loadRecommender(result.artifact, engine);
    const metrics = await experiment.evaluate(recommender);
    recommender.dispose();
    const parameters = Object.values(result.artifact.parameters).reduce((sum, { data }) => sum + data.length, 0);
    runs.push({ metrics, seconds, epochs: result.epochs, parameters });
  }
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const epochs = mean(runs.map((run) => run.epochs));
  return {
    model: name,
    metrics: estimateAll(runs.map(({ metrics }) => metrics)),
    secondsPerEpoch: epochs === 0 ? 0 : mean(runs.map(({ seconds }) => seconds)) / epochs,
    epochs,
    parameters: runs[0]?.parameters ?? 0,
    peakRssMiB: process.resourceUsage().maxRSS / 1024,
    seeds: request.seeds,
    trainingTasks: experiment.trainingTasks,
    testTasks: experiment.testTasks,
  };
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

function estimateAll(runs: readonly Metrics[]): ModelMeasurement['metrics'] {
  const measured = metricNames.filter((name) => runs.every((metrics) => metrics[name] !== undefined));
  return Object.fromEntries(measured.map((name) => [name, estimate(runs.map((metrics) => metrics[name] as number))]));
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
