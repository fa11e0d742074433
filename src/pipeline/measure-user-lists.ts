import type { Engine } from '../engine/engine.ts';
import { evaluateLists, type ListsByShown } from '../evaluation/evaluate-lists.ts';
import { listTasks } from '../evaluation/list-tasks.ts';
import { countLikes, popularityBaseline } from '../evaluation/popularity-baseline.ts';
import type { ScoringModel } from '../models/recommender.ts';
import { encodeBy } from '../tasks/encode-known.ts';
import { hashTexts } from '../tasks/hashing.ts';
import type { TrainingData } from '../tasks/training-data.ts';
import type { HeldOutUsers } from './held-out-users.ts';
import { itemKnnBaseline } from './item-knn-baseline.ts';
import { measurementSeed as seed } from './prepared-training.ts';

/** Maximum number of users whose lists are measured. Each costs up to seven lists of each model. */
const maxListed = 300;

/** How the lists of held-out users are measured. All functions throw the signal's reason. */
export interface ListMeasuring {
  /** The number of users. Users who like none of their hidden items are not measured. */
  readonly users: number;
  measure(recommender: ScoringModel, signal: AbortSignal | undefined): Promise<ListsByShown>;
  measurePopularity(signal: AbortSignal | undefined): Promise<ListsByShown>;
  /** Returns `undefined` if item-kNN cannot be computed. */
  measureItemKnn(engine: Engine, signal: AbortSignal | undefined): Promise<ListsByShown | undefined>;
}

/**
 * Returns how lists are measured, with a few or all interactions shown, see `evaluateLists`. `data` has all
 * interactions of the training users, whatever the version learns from. So versions have the same rivals if their
 * recipes train on the same users: those with enough ratings, or with enough interactions. Every kind of model makes
 * lists.
 *
 * What is hidden of a user depends on the user's external ID and history alone. Otherwise one user more would change
 * what is hidden of many others, and a version could serve from another number of interactions on by chance.
 */
export async function listMeasuring(
  data: TrainingData,
  { whole, ...heldOut }: HeldOutUsers,
  positiveFrom: number,
): Promise<ListMeasuring> {
  const userSeeds = await hashTexts(
    heldOut.users.map(({ id }) => id),
    seed,
  );
  const tasks = listTasks(whole, { positiveFrom, seed, userSeeds }).slice(0, maxListed);
  const positives = await countLikes(data);
  const measure: ListMeasuring['measure'] = async (recommender, signal) => {
    const encoded = await encodeBy(recommender.schema, heldOut);
    return evaluateLists(recommender, { ...encoded, positives }, tasks, { positiveFrom, seed, signal });
  };
  return {
    users: tasks.length,
    measure,
    measurePopularity: async (signal) => measure(await popularityBaseline(data, 'typed'), signal),
    async measureItemKnn(engine, signal) {
      const itemKnn = await itemKnnBaseline({ data, items: heldOut.items, positiveFrom, engine, signal });
      try {
        return itemKnn && (await measure(itemKnn, signal));
      } finally {
        itemKnn?.dispose();
      }
    },
  };
}
