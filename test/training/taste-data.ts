import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { encodeFeatures } from '../../src/features/encode-features.ts';
import { fitFeatureSchema } from '../../src/features/fit-feature-schema.ts';
import { randomSource } from '../../src/tasks/random.ts';
import type { TrainingData } from '../../src/tasks/training-data.ts';

/**
 * Users who like one of two genres, with label 5, and dislike the other, with label 1. Only the interactions show which
 * one, so only a model that adapts can do better than a user's mean label, about 3.
 */
export function tasteData(users: number, seed: number): TrainingData {
  const random = randomSource(seed);
  const genres = ['comedy', 'drama'];
  const items = Array.from({ length: 40 }, (_, item) => ({ genre: genres[item % 2] as string }));
  const people = Array.from({ length: users }, () => ({ country: 'X' }));
  const schema = fitFeatureSchema(
    [
      { entity: 'user', name: 'country', kind: 'categorical' },
      { entity: 'item', name: 'genre', kind: 'categorical' },
    ],
    people,
    items,
  );
  const tasks = people.map((_, user) => {
    const liked = uniformInt(random, 0, 1);
    const rows = Int32Array.from({ length: 16 }, () => uniformInt(random, 0, items.length - 1));
    return {
      users: Int32Array.of(user),
      items: rows,
      labels: Float32Array.from(rows, (row) => (row % 2 === liked ? 5 : 1)),
    };
  });
  return {
    taskKind: 'USER' as const,
    schema,
    users: encodeFeatures(schema, 'user', people),
    items: encodeFeatures(schema, 'item', items),
    tasks,
  };
}

/** A model and options that learn the data in about two seconds. */
export const tasteConfig = {
  embeddingWidth: 4,
  labelWidths: [8, 8],
  contextWidths: [16],
  // Without noise, one label is as informative as many.
  contextShrinkage: 0,
  hyperWidths: [16],
  backboneWidths: [16],
  softModules: { modules: 4, routeWidths: [32, 32], moduleWidths: [16, 16] },
};
export const tasteEpisodes = {
  supportPairs: 12,
  queryPairs: 4,
  minimumPairs: 8,
  shortSupportShare: 0.3,
  shortSupportPairs: 3,
};
export const tasteOptions = {
  epochs: 25,
  tasksPerStep: 16,
  learningRate: 0.01,
  // A genre is all that is known of an item, and dropping it is noise that so few steps do not average out.
  featureDropout: 0,
  episodes: tasteEpisodes,
};
