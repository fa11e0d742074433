import { evaluateRanking } from '../evaluation/evaluate-ranking.ts';
import type { RankingTask } from '../evaluation/ranking-task.ts';
import { splitScenarios } from '../evaluation/split-scenarios.ts';
import type { Recommender } from '../models/recommender.ts';
import { loadScenarioData, type ScenarioData } from '../tasks/load-scenario-data.ts';
import { type Random, randomSource, shuffle } from '../tasks/random.ts';
import type { TrainingData } from '../tasks/training-data.ts';
import type { TrainingOptions } from '../training/training-options.ts';
import { heldOutShare, heldOutStream, type Measurement, type PrepareTraining } from './prepared-training.ts';

/**
 * Reads the scenarios with enough interactions and holds some of them out, with what half of the users did with their
 * items: that is to be found, and the training knows nothing of it, see `splitScenarios`.
 */
export const prepareScenarioTraining: PrepareTraining = async (database, { recipe, options, mostUsers }) => {
  const { seed, episodes } = options;
  const { ids } = recipe;
  const { minimumPairs } = episodes;
  const loaded = await loadScenarioData(database, { ids, minimumPairs, mostUsers, seed });
  const random = randomSource(seed, heldOutStream);
  const { data, tests } = divide(loaded, drawHeldOut(loaded, random), random);
  return {
    data,
    // What is to be found in the held-out scenarios is missing from all others that share their items.
    ...(tests.length > 0 && { whole: divide(loaded, new Set(), random).data }),
    heldOutTasks: tests.length,
    eligibleTasks: loaded.scenarios.length,
    measure: (recommender) => measure(recommender, data, tests, options),
  };
};

function drawHeldOut({ scenarios }: ScenarioData, random: Random): ReadonlySet<number> {
  const order = Int32Array.from(scenarios.keys());
  shuffle(order, random);
  return new Set(order.subarray(0, Math.round(scenarios.length * heldOutShare)));
}

function divide(
  { scenarios, interactions, ...data }: ScenarioData,
  heldOut: ReadonlySet<number>,
  random: Random,
): { data: TrainingData; tests: readonly RankingTask[] } {
  const { known, tasks, tests } = splitScenarios(
    interactions,
    { scenarios, isTest: (scenario) => heldOut.has(scenario) },
    { users: data.users.rows, items: data.items.rows },
    random,
  );
  // Where nobody is to be recommended anything, nothing is measured.
  const measured = tests.filter(({ queries }) => queries.length > 0);
  return { data: { ...data, tasks, interactions: known }, tests: measured };
}

async function measure(
  recommender: Recommender,
  data: TrainingData,
  tests: readonly RankingTask[],
  { seed, episodes }: TrainingOptions,
): Promise<Measurement> {
  const nothing = { users: new Int32Array(), items: new Int32Array() };
  const unadapted = tests.map((task) => ({ ...task, support: nothing }));
  const recall = async (tasks: readonly RankingTask[]) => ({
    ...(await evaluateRanking(recommender, data, tasks, { seed, episodes })),
  });
  return { metrics: await recall(tests), metricsUnadapted: await recall(unadapted) };
}
