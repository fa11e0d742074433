import type { Engine, HostTensors, TrainingStep } from '../../src/engine/engine.ts';
import { openEngine } from '../../src/engine/engines.ts';
import { optimize } from '../../src/engine/rewriting/optimize.ts';
import { traceFunction } from '../../src/engine/tracing/trace-function.ts';
import { traceTraining } from '../../src/engine/tracing/trace-training.ts';
import { adam } from '../../src/models/adam.ts';
import { type ModelArtifact, type Recommender, selectEmbeddings } from '../../src/models/recommender.ts';
import { loadRecommender, servingFunctions } from '../../src/models/recommenders.ts';
import { randomSource } from '../../src/tasks/random.ts';
import { userOf } from '../../src/tasks/training-data.ts';
import { planTraining, type TrainingPlan } from '../../src/training/training-plan.ts';
import { parseRecipe } from '../../src/training/training-recipe.ts';
import { countOperations } from '../support/count-operations.ts';
import { syntheticTasks } from '../support/synthetic-tasks.ts';
import { type BenchSize, modelOf, type Row } from './rows.ts';

/** What is known of a row before its times are measured. */
export interface RowFacts {
  /** The peak of resident memory in MiB, above that before the training step was compiled. */
  readonly peakMiB: number;
  /** Floating-point operations to adapt to one task and to score its candidates, counted from the graphs. */
  readonly flops: number;
  /** The same of a training step. */
  readonly trainFlops: number;
}

/** Times in milliseconds. */
export interface RowTimes {
  readonly trainStep: readonly number[];
  readonly adaptAndScore: readonly number[];
}

/** A row that is ready to be measured. */
export interface PreparedRow {
  readonly facts: RowFacts;
  /** Measures one turn of the row. */
  measure(): Promise<RowTimes>;
  dispose(): void;
}

export type PrepareRow = (row: Row, size: BenchSize) => Promise<PreparedRow>;

/** Prepares a row in this process. The peak of memory is that of the row only if the process has done nothing else. */
export async function prepareRow(row: Row, size: BenchSize): Promise<PreparedRow> {
  const engine = await openEngine('onnx');
  const { plan, recipe } = await planOf(row, size, engine);
  const { model, options } = plan;
  const batches = plan.batches(options);
  const definition = {
    ...model,
    optimizer: adam({ weightDecay: options.weightDecay, clip: options.gradientClip }),
    inputs: batches.inputs,
  };
  batches.epoch(plan.tasks.training, randomSource(1))[Symbol.iterator]().next();
  const before = process.memoryUsage().rss;
  const step = await engine.compileTraining(definition);
  await warmUp(step, batches.tensors);
  const peakMiB = (process.resourceUsage().maxRSS * 1024 - before) / 2 ** 20;
  const { config, parameters, frozen } = model;
  const artifact = { kind: recipe.kind, config, schema: plan.data.schema, parameters: { ...parameters, ...frozen } };
  const recommender = await loadRecommender(artifact, engine);
  const adaptAndScore = await servedTask(recommender, plan, size);
  const { oneTaskPerStep } = modelOf(row);
  const stepsPerBatch = oneTaskPerStep ? size.tasks : 1;
  return {
    facts: {
      peakMiB,
      flops: await servingOperations(artifact, row, size),
      trainFlops: stepsPerBatch * countOperations(await optimize(await traceTraining(definition))),
    },
    measure: async () => ({
      trainStep: (await timesOf(size.stepsPerRound, () => step.run(batches.tensors, learningRate))).map(
        (time) => stepsPerBatch * time,
      ),
      adaptAndScore: await timesOf(oneTaskPerStep ? 1 : size.adaptationsPerRound, adaptAndScore),
    }),
    dispose() {
      step.dispose();
      recommender.dispose();
    },
  };
}

/** So low that many steps on one batch stay finite. */
const learningRate = 1e-4;

async function planOf(row: Row, size: BenchSize, engine: Engine) {
  const { kind, config, oneTaskPerStep } = modelOf(row);
  const recipe = parseRecipe({
    kind,
    config: config(row.steps),
    options: {
      tasksPerStep: oneTaskPerStep ? 1 : size.tasks,
      weightDecay: 1e-5,
      featureDropout: 0,
      idDropout: 0,
      episodes: { supportPairs: size.support, queryPairs: size.query, queryShare: 1, shortSupportShare: 0 },
    },
  });
  const plan = (await planTraining({ recipe, data: syntheticTasks(), engine })) as TrainingPlan;
  return { plan, recipe };
}

/** ONNX Runtime allocates in the first run, and reuses the memory from the second run on. */
async function warmUp(step: TrainingStep, batch: HostTensors): Promise<void> {
  for (let run = 0; run < 3; run++) await step.run(batch, learningRate);
}

/** Returns how to adapt to one user's embedded support pairs and to score candidates, after a first run. */
async function servedTask(
  recommender: Recommender,
  { data }: TrainingPlan,
  { support, query }: BenchSize,
): Promise<() => Promise<unknown>> {
  const [task] = data.tasks;
  const user = selectEmbeddings(await recommender.embedUsers(data.users), [userOf(task!, 0)]);
  const items = await recommender.embedItems(data.items);
  const pairs = {
    users: user,
    items: selectEmbeddings(items, task!.items.subarray(0, support)),
    labels: task!.labels.subarray(0, support),
  };
  const candidates = selectEmbeddings(items, task!.items.subarray(support, support + query));
  const serve = async () => recommender.score(await recommender.adapt(pairs), user, candidates);
  await serve();
  return serve;
}

async function servingOperations(artifact: ModelArtifact, row: Row, size: BenchSize): Promise<number> {
  const functions = servingFunctions(artifact);
  const sizes = { pairs: size.support, items: size.query };
  let operations = 0;
  for (const role of modelOf(row).serves)
    operations += countOperations(await optimize(await traceFunction(functions[role]!, sizes)));
  return operations;
}

async function timesOf(runs: number, work: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  return times;
}
