import { positiveFrom } from '../catalog/interaction-value.ts';
import { evaluateRankingAtSizes } from '../evaluation/evaluate-ranking.ts';
import { type MeasurementByHistory, measureByHistory } from '../evaluation/measure-by-history.ts';
import { popularityBaseline } from '../evaluation/popularity-baseline.ts';
import type { RankingTask } from '../evaluation/ranking-tasks.ts';
import { splitScenarios } from '../evaluation/split-scenarios.ts';
import type { ScoringModel } from '../models/recommender.ts';
import { type Entities, encodeBy } from '../tasks/encode-known.ts';
import { hashTexts } from '../tasks/hashing.ts';
import { drawHeldOut } from '../tasks/held-out.ts';
import { randomSource } from '../tasks/random.ts';
import type { TrainingData } from '../tasks/training-data.ts';
import type { TrainingOptions } from '../training/training-options.ts';
import { loadScenarioData, type ScenarioData } from './load-scenario-data.ts';
import { heldOutShare, type PrepareTraining, measurementSeed as seed } from './prepared-training.ts';

/**
 * Reads the scenarios with enough interactions and holds some of them out, together with the interactions of half of
 * the users with their items. These interactions are hidden from training, and the model must find them, see
 * `splitScenarios`.
 */
export const prepareScenarioTraining: PrepareTraining = async (
  database,
  { recipe, maxUsers, ratingScale, onIgnored },
) => {
  const { ids, options } = recipe;
  const { minimumPairs } = options.episodes;
  const from = positiveFrom(ratingScale);
  const loading = { ids, positiveFrom: from, minimumPairs, maxUsers, seed: options.seed, onIgnored };
  const { entities, ...loaded } = await loadScenarioData(database, loading);
  const evaluated = await halfByIds(entities.users.map(({ id }) => id));
  const heldOut = new Set(await drawHeldOut(loaded.scenarioIds, heldOutShare));
  const { data, tests } = divide(loaded, heldOut, evaluated);
  const measureModel = (recommender: ScoringModel, signal: AbortSignal | undefined) =>
    measure(recommender, { data, tests, entities }, options, signal);
  return {
    data,
    // The hidden interactions are also missing from training scenarios that share items with held-out ones.
    ...(tests.length > 0 && { whole: divide(loaded, new Set(), evaluated).data }),
    activeVersion: {
      metrics: 'stored',
      measuredOn: describeSelection(minimumPairs, from, {
        maxUsers,
        read: entities.users.length,
        seed: options.seed,
      }),
    },
    heldOutTasks: tests.length,
    eligibleTasks: loaded.scenarios.length,
    measure: measureModel,
    measurePopularity: async (signal) => measureModel(await popularityBaseline(data, 'any'), signal),
  };
};

/**
 * Describes the population of the held-out tasks. It depends on what the training leaves out, not on what is stored.
 */
function describeSelection(
  minimumPairs: number,
  positiveFrom: number,
  { maxUsers = Infinity, read, seed }: { maxUsers: number | undefined; read: number; seed: number },
): string {
  const users = read < maxUsers ? 'all users' : `${read} users drawn by the seed ${seed}`;
  return `scenarios with at least ${minimumPairs} positive interactions (ratings from ${positiveFrom}) of ${users}`;
}

/** Returns the rows of the users whose ID hashes are in the lower half: the same users in every training. */
async function halfByIds(ids: readonly string[]): Promise<ReadonlySet<number>> {
  const hashes = await hashTexts(ids, seed);
  return new Set([...hashes.keys()].filter((row) => (hashes[row] as number) < 2 ** 31));
}

function divide(
  { scenarios, scenarioIds: _, interactions, ...data }: Omit<ScenarioData, 'entities'>,
  heldOut: ReadonlySet<number>,
  evaluated: ReadonlySet<number>,
): { data: TrainingData; tests: readonly RankingTask[] } {
  const { known, tasks, tests } = splitScenarios(
    interactions,
    { scenarios, isTest: (scenario) => heldOut.has(scenario) },
    { users: data.users.rows, items: data.items.rows },
    randomSource(seed),
    evaluated,
  );
  // Without an evaluated user, nothing is measured.
  const measured = tests.filter(({ queries }) => queries.length > 0);
  return { data: { ...data, tasks, interactions: known }, tests: measured };
}

interface HeldOutScenarios {
  readonly data: TrainingData;
  readonly tests: readonly RankingTask[];
  readonly entities: Pick<Entities, 'users' | 'items'>;
}

async function measure(
  recommender: ScoringModel,
  { data, tests, entities }: HeldOutScenarios,
  { episodes }: TrainingOptions,
  signal: AbortSignal | undefined,
): Promise<MeasurementByHistory> {
  const known = { ...data, ...(await encodeBy(recommender.schema, entities)) };
  const options = { seed, episodes, signal };
  return measureByHistory((sizes) => evaluateRankingAtSizes(recommender, known, tests, sizes, options), {
    seed,
  });
}
