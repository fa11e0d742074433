import { typeIndex } from '../../../src/features/feedback.ts';
import { type Recommender, selectEmbeddings } from '../../../src/models/recommender.ts';
import { userOf } from '../../../src/tasks/training-data.ts';
import type { PlantedTruth } from './planted-truths.ts';

/**
 * Returns the share of item pairs that the model scores in the order of their values, over all unseen tasks. The first
 * `supportPairs` pairs of a task adapt the model. Each comes with a negative, the next item, which is in another group.
 */
export async function orderedShare(
  recommender: Recommender,
  { unseen, value }: PlantedTruth,
  supportPairs: number,
): Promise<number> {
  const users = await recommender.embedUsers(unseen.users);
  const items = await recommender.embedItems(unseen.items);
  let [ordered, compared] = [0, 0];
  for (const [row, task] of unseen.tasks.entries()) {
    const liked = [...task.items.subarray(0, supportPairs)];
    const user = selectEmbeddings(users, [userOf(task, 0)]);
    const adaptation = await recommender.adapt({
      users: user,
      items: selectEmbeddings(items, [...liked, ...liked.map((item) => (item + 1) % items.rows)]),
      labels: Float32Array.from([...liked.map(() => 1), ...liked.map(() => 0)]),
      // All pairs are ratings.
      types: new Uint8Array(2 * liked.length).fill(typeIndex('RATE')),
    });
    const scores = await recommender.score(adaptation, user, items);
    for (const [item, score] of scores.entries()) {
      for (const [other, lower] of scores.entries()) {
        if (value(row, item) <= value(row, other)) continue;
        compared++;
        if (score > lower) ordered++;
      }
    }
  }
  return ordered / compared;
}
