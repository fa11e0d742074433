import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../src/common/project-root.ts';
import { openMovieLens } from '../../src/datasets/mapping/open-movielens.ts';
import { encodeFeatures } from '../../src/features/encode-features.ts';
import { fitFeatureSchema } from '../../src/features/fit-feature-schema.ts';
import type { Task, TrainingData } from '../../src/tasks/training-data.ts';

/** The folder of MovieLens-1M. Its license forbids redistribution, so it is not part of the project. */
export const movieLensDirectory = process.env.WARMSTART_MOVIELENS ?? join(projectRoot, '..', 'shared', 'data', 'ml-1m');

/** A task consists of a user's first ratings, at most this many, as in the paper. */
const historyLimit = 100;

/** Returns the users of MovieLens-1M as training data, or null if the folder is missing. */
export async function movieLensTasks(): Promise<TrainingData | null> {
  if (!existsSync(movieLensDirectory)) return null;
  const dataset = await openMovieLens(movieLensDirectory);
  const ignore = () => {};
  const users = await gather(dataset.users(ignore));
  const items = await gather(dataset.items(ignore));
  const itemRows = new Map(items.map(({ id }, row) => [id, row]));
  const ratings = new Map<string, { items: number[]; labels: number[] }>();
  const interactions = await gather(dataset.interactions(ignore));
  // Without times, they are in order.
  interactions.sort((a, b) => (a.time && b.time ? a.time.getTime() - b.time.getTime() : 0));
  for (const { userId, itemId, value } of interactions) {
    const history = ratings.get(userId) ?? { items: [], labels: [] };
    ratings.set(userId, history);
    history.items.push(itemRows.get(itemId)!);
    history.labels.push(value!);
  }
  const rated = users.filter(({ id }) => ratings.has(id));
  const tasks = rated.map(({ id }, user): Task => {
    const { items: rows, labels } = ratings.get(id)!;
    return {
      users: Int32Array.of(user),
      items: Int32Array.from(rows.slice(0, historyLimit)),
      labels: Float32Array.from(labels.slice(0, historyLimit)),
    };
  });
  const [userFeatures, itemFeatures] = [rated, items].map((records) => records.map(({ features }) => features));
  const schema = fitFeatureSchema(dataset.fields, userFeatures!, itemFeatures!, {});
  return {
    taskKind: 'USER',
    schema,
    users: encodeFeatures(schema, 'user', userFeatures!),
    items: encodeFeatures(schema, 'item', itemFeatures!),
    tasks: tasks.filter(({ items }) => items.length >= 13),
  };
}

async function gather<T>(batches: AsyncIterable<{ rows: readonly { record: T }[] }>): Promise<T[]> {
  const records: T[] = [];
  for await (const { rows } of batches) for (const { record } of rows) records.push(record);
  return records;
}
