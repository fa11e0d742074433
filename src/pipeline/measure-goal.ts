import { setImmediate } from 'node:timers/promises';
import { evaluateRankingAtSizes } from '../evaluation/evaluate-ranking.ts';
import { evaluateRatingsAtSizes } from '../evaluation/evaluate-ratings.ts';
import { type MeasurementByHistory, measureByHistory } from '../evaluation/measure-by-history.ts';
import { hideItems, type RankingTask } from '../evaluation/ranking-tasks.ts';
import type { Recommender, ScoringModel, SupportKind } from '../models/recommender.ts';
import { encodeBy } from '../tasks/encode-known.ts';
import { randomSource } from '../tasks/random.ts';
import type { FeedbackKind, Interactions } from '../tasks/training-data.ts';
import type { HeldOutUsers } from './held-out-users.ts';
import { measurementSeed as seed } from './prepared-training.ts';

/** The share of a held-out user's items that are hidden, for models that rank. */
const hiddenShare = 0.5;
/** Maximum number of users measured for each length of history. Each costs as much as serving a list. */
const maxRankedByHistory = 200;

/** The feedback whose models are measured by more than their lists. */
export type MeasuredFeedback = Exclude<FeedbackKind, 'typed'>;

type Measure = (
  recommender: ScoringModel,
  heldOut: HeldOutUsers,
  signal: AbortSignal | undefined,
) => Promise<MeasurementByHistory>;

/**
 * Measures a model on the held-out tasks of a feedback: by the errors of predicted ratings, or by the recall of
 * positive interactions among all items. Throws the signal's reason.
 */
export function measureGoal(feedback: MeasuredFeedback, ...request: Parameters<Measure>): ReturnType<Measure> {
  return measurements[feedback](...request);
}

/** Returns whether a model can adapt to the support sets of the held-out tasks of a feedback. */
export function suitsGoal(
  feedback: MeasuredFeedback,
  { kind, support }: Pick<Recommender, 'kind' | 'support'>,
): boolean {
  return kind === popularityKind || supportsOf[feedback].includes(support);
}

/** The support sets that models can adapt to when histories have ratings alone, or positives of any type. */
const supportsOf: Readonly<Record<MeasuredFeedback, readonly SupportKind[]>> = {
  ratings: ['labels'],
  any: ['positives', 'positivesAndNegatives'],
};

/** The only kind of model that reads ratings and other interactions alike. */
const popularityKind = 'itemPopularity';

const measureRatings: Measure = async (recommender, { tasks, ignored: _, ...entities }, signal) => {
  const encoded = await encodeBy(recommender.schema, entities);
  const data = { taskKind: 'USER' as const, ...encoded, tasks };
  return measureByHistory(
    async (sizes) => {
      const measured = await evaluateRatingsAtSizes(recommender, data, sizes, { seed, signal });
      return measured.map(({ mae, rmse, ...order }) => (recommender.predictsLabels ? { mae, rmse, ...order } : order));
    },
    { seed },
  );
};

const measureRanking: Measure = async (recommender, { tasks, ignored, ...entities }, signal) => {
  const encoded = await encodeBy(recommender.schema, entities);
  const ranked = () => hideItems(tasks, { items: entities.items.length, hiddenShare }, randomSource(seed));
  // Only the support pairs are known, so hidden items can be drawn as negatives.
  const data = { taskKind: 'USER' as const, ...encoded, tasks, interactions: await supportPairs(ranked()), ignored };
  const options = { seed, episodes: supportOptions(recommender), signal };
  return measureByHistory((sizes) => evaluateRankingAtSizes(recommender, data, ranked(), sizes, options), {
    seed,
    maxByHistory: maxRankedByHistory,
  });
};

const measurements: Record<MeasuredFeedback, Measure> = { ratings: measureRatings, any: measureRanking };

/** Returns options for the kind of support set that the model was trained with. */
function supportOptions({ support, supportLimit }: ScoringModel) {
  const withNegatives = support === 'positivesAndNegatives';
  return {
    supportPairs: withNegatives ? supportLimit / 2 : supportLimit,
    negatives: withNegatives ? ('both' as const) : ('query' as const),
  };
}

async function supportPairs(tasks: Iterable<RankingTask>): Promise<Interactions> {
  const all: { users: number[]; items: number[] } = { users: [], items: [] };
  for (const { support } of tasks) {
    all.users.push(...support.users);
    all.items.push(...support.items);
    await setImmediate();
  }
  return { users: Int32Array.from(all.users), items: Int32Array.from(all.items) };
}
