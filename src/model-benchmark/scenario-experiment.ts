import {
  evaluateRanking,
  type RankingEvaluation,
  type RankingMetrics,
  rankingMetricNames,
} from '../evaluation/evaluate-ranking.ts';
import { type ScenarioPairs, splitScenarios } from '../evaluation/split-scenarios.ts';
import { encodeKnown } from '../tasks/encode-known.ts';
import type { EpisodeOptions } from '../tasks/episode-options.ts';
import { opinionsOf } from '../tasks/positives.ts';
import { randomSource, shuffle } from '../tasks/random.ts';
import type { DatasetTables, ScenarioItems } from './dataset-tables.ts';
import type { Experiment, ExperimentOptions, Measured } from './experiment.ts';
import { type DomainSplit, type JoinedSplit, joinSplits } from './join-splits.ts';
import { startsOf } from './join-tables.ts';

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
    testTasks: tests.flat().filter(({ queries }) => queries.length > 0).length,
    async evaluate(recommender) {
      const measured: RankingEvaluation[] = [];
      for (const ofDomain of tests)
        measured.push(await evaluateRanking(recommender, data, ofDomain, { seed: splitSeed, episodes }));
      return measuredOf(measured);
    },
  };
}

/** Puts together what is measured in each domain: every user of a test scenario counts the same. */
function measuredOf(domains: readonly RankingEvaluation[]): Measured {
  const numbered = domains.map((domain, at) => [String(at + 1), domain] as const);
  const tested = numbered.filter(([, { queries }]) => queries > 0);
  const queries = tested.reduce((sum, [, domain]) => sum + domain.queries, 0);
  const mean = (name: keyof RankingMetrics) =>
    tested.reduce((sum, [, domain]) => sum + (domain[name] * domain.queries) / queries, 0);
  const [only] = domains;
  if (only && domains.length === 1) return { metrics: metricsFrom((name) => only[name]) };
  return {
    metrics: metricsFrom(mean),
    domains: Object.fromEntries(tested.map(([number, domain]) => [number, metricsFrom((name) => domain[name])])),
  };
}

function metricsFrom(measure: (name: keyof RankingMetrics) => number): RankingMetrics {
  return Object.fromEntries(rankingMetricNames.map((name) => [name, measure(name)])) as RankingMetrics;
}

/**
 * Splits the positive pairs of the tables for `scenarioExperiment`. Each domain is split as if it were alone, so a model of
 * several domains is measured on the same users and scenarios as the model of each.
 */
export function scenarioSplit(
  tables: DatasetTables,
  testScenarios: readonly ScenarioItems[] | undefined,
  splitSeed: number,
): JoinedSplit {
  const { domains = [tables] } = tables;
  const splits = domains.map((domain) => splitOf(domain, testScenarios, splitSeed));
  return joinSplits(splits, startsOf(domains));
}

function splitOf(
  tables: DatasetTables,
  testScenarios: readonly ScenarioItems[] | undefined,
  splitSeed: number,
): DomainSplit {
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
