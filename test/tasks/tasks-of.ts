import { encodeFeatures } from '../../src/features/encode-features.ts';
import { fitFeatureSchema } from '../../src/features/fit-feature-schema.ts';
import type { TrainingData } from '../../src/tasks/training-data.ts';

/** User tasks with the given numbers of pairs, over the same items. */
export function dataWithTasks(lengths: readonly number[]): TrainingData {
  const users = lengths.map((_, user) => ({ id: `${user}` }));
  const items = Array.from({ length: Math.max(...lengths) }, (_, item) => ({ id: `${item}` }));
  const schema = fitFeatureSchema(
    [
      { entity: 'user', name: 'id', kind: 'categorical' },
      { entity: 'item', name: 'id', kind: 'categorical' },
    ],
    users,
    items,
  );
  return {
    taskKind: 'USER',
    schema,
    users: encodeFeatures(schema, 'user', users),
    items: encodeFeatures(schema, 'item', items),
    tasks: lengths.map((length, user) => ({
      users: Int32Array.of(user),
      items: Int32Array.from({ length }, (_, item) => item),
      labels: new Float32Array(length).fill(3),
    })),
  };
}
