import { WarmstartError } from '../common/errors.ts';
import { type BenchmarkRequest, requestedModel } from '../model-benchmark/benchmark-request.ts';
import type { DatasetTables } from '../model-benchmark/dataset-tables.ts';
import { openExperiment, readBenchmarkData } from '../model-benchmark/open-experiment.ts';
import { scenarioSplit } from '../model-benchmark/scenario-experiment.ts';
import { type Adaptation, type Embeddings, type Recommender, selectEmbeddings } from '../models/recommender.ts';
import { loadRecommender } from '../models/recommenders.ts';
import { allocateBatch } from '../tasks/episode-batch.ts';
import { type EpisodeOptions, supportPlaces } from '../tasks/episode-options.ts';
import { type NegativeSource, SeenItems } from '../tasks/negatives.ts';
import type { Random } from '../tasks/random.ts';
import { sampleEpisode } from '../tasks/sample-episode.ts';
import type { Task } from '../tasks/training-data.ts';
import { train } from '../training/train.ts';
import type { ParsedRecipe } from '../training/training-recipe.ts';
import type { TrainingRequest } from '../training/training-request.ts';

/** A scenario that the model was not trained on. */
export interface TestScenario {
  readonly id: string;
  /** The pairs that the model can adapt to. */
  readonly task: Task;
  /** The rows of the evaluated users who interacted with its items. */
  readonly users: readonly number[];
}

/** A model that was trained on scenarios, and the scenarios to look at. */
export interface ScenarioModel {
  readonly recommender: Recommender;
  readonly users: Embeddings;
  readonly items: Embeddings;
  /** The test scenarios with the most pairs, at least one. No two of them have most of their items in common. */
  readonly scenarios: readonly TestScenario[];
  /** Adapts the model to a random support set of a scenario, drawn as in training. */
  adapt(scenario: TestScenario, random: Random): Promise<Adaptation>;
}

/** As many scenarios as the paper shows in figure 3. */
const maxScenarios = 8;

/** Trains a model of the benchmark on the training scenarios, and lets `use` look at it. Frees it afterwards. */
export async function useScenarioModel<T>(
  { request, model, engine, ...listeners }: ScenarioModelRequest,
  use: (model: ScenarioModel) => Promise<T>,
): Promise<T> {
  const source = await readBenchmarkData(request);
  const recipe = requestedModel(request, model) as ParsedRecipe;
  const { data } = openExperiment(request, source, recipe);
  const { artifact } = await train({ recipe, data, engine, ...listeners });
  const recommender = await loadRecommender(artifact, engine);
  try {
    const { episodes } = recipe.options;
    const [users, items] = [await recommender.embedUsers(data.users), await recommender.embedItems(data.items)];
    const negatives = { items: data.items.rows, seen: new SeenItems(data) };
    const scenarios = largestTests(source.tables, request.splitSeed, episodes.minimumPairs);
    return await use({
      ...{ recommender, users, items, scenarios },
      adapt({ task }, random) {
        const { users: rows, items: columns, labels } = drawSupport(task, episodes, negatives, random);
        return recommender.adapt({
          users: selectEmbeddings(users, rows),
          items: selectEmbeddings(items, columns),
          labels: Float32Array.from(labels),
        });
      },
    });
  } finally {
    recommender.dispose();
  }
}

export interface ScenarioModelRequest extends Pick<TrainingRequest, 'engine' | 'signal' | 'onProgress'> {
  readonly request: BenchmarkRequest;
  /** The name of a CMML model of the benchmark. */
  readonly model: string;
}

function largestTests(tables: DatasetTables, splitSeed: number, minimumPairs: number): TestScenario[] {
  const { tests } = scenarioSplit(tables, undefined, splitSeed);
  const scenarios = tests.flat().map(({ support, candidates, queries }): TestScenario => {
    const { id } = tables.scenarios.find(({ items }) => areEqual(items, candidates)) as { readonly id: string };
    const labels = new Float32Array(support.items.length).fill(1);
    return { id, task: { ...support, labels, candidates }, users: queries.map(({ user }) => user) };
  });
  const large = scenarios
    .filter(({ task, users }) => task.items.length >= minimumPairs && users.length > 0)
    .sort((a, b) => b.task.items.length - a.task.items.length);
  if (large.length > 0) return distinct(large).slice(0, maxScenarios);
  throw new WarmstartError(
    'INVALID_DATA',
    `--data: expected a test scenario with at least ${minimumPairs} interactions, got none; give more data`,
  );
}

function areEqual(some: Int32Array, others: Int32Array): boolean {
  return some.length === others.length && some.every((item, at) => item === others[at]);
}

/** Leaves out scenarios that share more than half of the items of the smaller one with an earlier scenario. */
export function distinct(scenarios: readonly TestScenario[]): TestScenario[] {
  const kept: TestScenario[] = [];
  for (const scenario of scenarios) if (!kept.some((one) => overlap(one, scenario) > 0.5)) kept.push(scenario);
  return kept;
}

function overlap({ task: a }: TestScenario, { task: b }: TestScenario): number {
  const [first, second] = [new Set(a.candidates), new Set(b.candidates)];
  const shared = [...first].filter((item) => second.has(item)).length;
  return shared / Math.min(first.size, second.size);
}

/** Draws a support set without padding. */
function drawSupport(task: Task, options: EpisodeOptions, source: NegativeSource, random: Random) {
  const batch = allocateBatch({ tasks: 1, support: supportPlaces(options), query: 0, userPerPair: true });
  sampleEpisode(batch, task, { ...options, queryPairs: 0, shortSupportShare: 0 }, random, source);
  const { users, items, labels, mask } = batch.support;
  const filled = [...mask.keys()].filter((place) => mask[place] === 1);
  const at = (column: ArrayLike<number>) => filled.map((place) => column[place] as number);
  return { users: at(users), items: at(items), labels: at(labels) };
}
