import { encodeFeatures } from '../../src/features/encode-features.ts';
import type { FeatureField } from '../../src/features/feature-schema.ts';
import { fitFeatureSchema } from '../../src/features/fit-feature-schema.ts';
import type { TrainingData } from '../../src/tasks/training-data.ts';

const fields: readonly FeatureField[] = [
  ...['gender', 'age', 'occupation', 'zip'].map((name) => ({ entity: 'user', name, kind: 'categorical' }) as const),
  { entity: 'item', name: 'rated', kind: 'categorical' },
  ...['genres', 'directors', 'actors'].map((name) => ({ entity: 'item', name, kind: 'multiValued' }) as const),
];

/** Returns tasks with the shape of MovieLens-1M, for machines without that dataset. */
export function syntheticTasks(): TrainingData {
  const users = Array.from({ length: 256 }, (_, row) => ({
    gender: `${row % 2}`,
    age: `${row % 7}`,
    occupation: `${row % 21}`,
    zip: `${row}`,
  }));
  const items = Array.from({ length: 3000 }, (_, row) => ({
    rated: `${row % 6}`,
    genres: [`${row % 25}`, `${(row * 7) % 25}`],
    directors: [`${row % 2000}`],
    actors: [0, 1, 2, 3].map((place) => `${(row * 3 + place * 101) % 8000}`),
  }));
  const schema = fitFeatureSchema(fields, users, items, {});
  const tasks = users.map((_, user) => ({
    users: Int32Array.of(user),
    items: Int32Array.from({ length: 100 }, (_, pair) => (user * 31 + pair * 17) % items.length),
    labels: Float32Array.from({ length: 100 }, (_, pair) => 1 + ((user + pair) % 5)),
  }));
  return {
    taskKind: 'USER',
    schema,
    users: encodeFeatures(schema, 'user', users),
    items: encodeFeatures(schema, 'item', items),
    tasks,
  };
}
