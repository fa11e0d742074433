import { evaluateRanking } from '../evaluation/evaluate-ranking.ts';
import { type ScenarioPairs, splitScenarios } from '../evaluation/split-scenarios.ts';
import { encodeKnown } from '../tasks/encode-known.ts';
import type { EpisodeOptions } from '../tasks/episode-options.ts';
import { opinionsOf } from '../tasks/positives.ts';
import { randomSource, shuffle } from '../tasks/random.ts';
import type { DatasetTables, ScenarioItems } from './dataset-tables.ts';
import type { Experiment, ExperimentOptions } from './experiment.ts';

const testShare = 0.2;

/**
 * The paper's scenario-specific setting: finds the items that users interacted with in scenarios that the model was not
 * trained on. Every rated item is a positive, unless the tables say from which rating an item is liked. If interactions
 * name scenarios, only they are positives of these scenarios. The test scenarios are `testScenarios`, or a random fifth.
 */
export function scenarioExperiment(
  tables: DatasetTables,
  testScenarios: readonly ScenarioItems[] | undefined,
  { splitSeed, ids, episodes }: ExperimentOptions & { readonly episodes: EpisodeOptions },
): Experiment {
  const { known, ignored, tasks, tests } = scenarioSplit(tables, testScenarios, splitSeed);
  const data = {
    taskKind: 'SCENARIO' as const,
    ...encodeKnown(tables, { known, ids }),
    tasks,
    interactions: known,
    ...(ignored && { ignored }),
  };
  const { minimumPairs } = episodes;
  return {
    data,
    minimumPairs,
    trainingTasks: tasks.filter(({ items }) => items.length >= minimumPairs).length,
    testTasks: tests.filter(({ queries }) => queries.length > 0).length,
    async evaluate(recommender) {
      const { recall10, recall20, recall50 } = await evaluateRanking(recommender, data, tests, {
        seed: splitSeed,
        episodes,
      });
      return { metrics: { recall10, recall20, recall50 } };
    },
  };
}

/** Splits the positive pairs of the tables for `scenarioExperiment`; `ignored` are the pairs that say the opposite. */
export function scenarioSplit(
  tables: DatasetTables,
  testScenarios: readonly ScenarioItems[] | undefined,
  splitSeed: number,
) {
  const random = randomSource(splitSeed);
  const count = tables.scenarios.length;
  const order = Int32Array.from({ length: count }, (_, scenario) => scenario);
  shuffle(order, random);
  const drawn = new Set(testScenarios ? [] : order.subarray(0, Math.round(count * testShare)));
  const scenarios = [...tables.scenarios, ...(testScenarios ?? [])].map(({ items }) => items);
  const isTest = (scenario: number) => scenario >= count || drawn.has(scenario);
  const { positives, ignored } = byPreference(tables);
  const sizes = { users: tables.users.length, items: tables.items.length };
  return { ...splitScenarios(positives, { scenarios, isTest }, sizes, random), ignored };
}

/** The pairs of users and items that they like, and the pairs that say the opposite. */
function byPreference({ interactions, positiveFrom }: DatasetTables): {
  positives: ScenarioPairs;
  ignored?: ScenarioPairs;
} {
  if (positiveFrom === undefined) return { positives: interactions };
  const { users, items, scenarios, values: labels } = interactions;
  const liked = opinionsOf({ ...interactions, labels }, positiveFrom).map((opinion) => Number(opinion > 0));
  const pairs = (kept: number): ScenarioPairs => ({
    users: users.filter((_, row) => liked[row] === kept),
    items: items.filter((_, row) => liked[row] === kept),
    ...(scenarios && { scenarios: scenarios.filter((_, row) => liked[row] === kept) }),
  });
  return { positives: pairs(1), ignored: pairs(0) };
}
