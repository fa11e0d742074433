import type { Entity } from '../../src/features/encode-features.ts';
import type { ScoringModel } from '../../src/models/recommender.ts';
import type { TrainingData } from '../../src/tasks/training-data.ts';

/**
 * Returns a baseline that lists what is popular in the categories of a user's interactions: the score of an item is the
 * number of the user's positive items in its category times its number of positives in training. Categories without
 * interactions come last, by popularity.
 */
export function categoryPopularity(
  { schema }: Pick<TrainingData, 'schema'>,
  items: readonly Entity[],
  positives: ArrayLike<number>,
): ScoringModel {
  const names = [...new Set(items.map(categoryOf))];
  const categories = items.map((item) => names.indexOf(categoryOf(item)));
  /** Less than one interaction with any item is worth. */
  const elsewhere = 1e-6;
  return {
    schema,
    supportLimit: Infinity,
    support: 'positives',
    predictsLabels: false,
    embedUsers: async ({ rows }) => ({ rows, width: 1, data: new Float32Array(rows) }),
    // The embedding of an item is its row.
    embedItems: async ({ rows }) => ({ rows, width: 1, data: Float32Array.from({ length: rows }, (_, row) => row) }),
    async adapt({ items: liked }, earlier) {
      const state = earlier?.state.slice() ?? new Float32Array(names.length);
      for (const row of liked.data) {
        const category = categories[row] as number;
        state[category] = (state[category] as number) + 1;
      }
      return { state, pairs: (earlier?.pairs ?? 0) + liked.rows };
    },
    score: async ({ state }, _user, { data }) =>
      data.map((row) => ((state[categories[row] as number] as number) + elsewhere) * (positives[row] as number)),
  };
}

function categoryOf({ features }: Entity): string {
  return String(features.category);
}
