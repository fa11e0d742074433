import { typeIndex } from '../../../src/features/interaction-types.ts';
import { type Recommender, selectEmbeddings } from '../../../src/models/recommender.ts';
import { userOf } from '../../../src/tasks/training-data.ts';
import type { PlantedTruth } from './planted-truths.ts';

/**
 * Returns the share of item pairs that the model scores in the order of their values, over all unseen tasks. The first
 * `supportPairs` pairs of a task adapt the model: as dislikes, or as likes, each with a low rating of the next item, which
 * is in another group.
 */
export async function orderedShare(
  recommender: Recommender,
  { unseen, value, disliked }: PlantedTruth,
  supportPairs: number,
): Promise<number> {
  const users = await recommender.embedUsers(unseen.users);
  const items = await recommender.embedItems(unseen.items);
  let [ordered, compared] = [0, 0];
  for (const [row, task] of unseen.tasks.entries()) {
    const own = [...task.items.subarray(0, supportPairs)];
    const next = disliked ? [] : own.map((item) => (item + 1) % items.rows);
    const user = selectEmbeddings(users, [userOf(task, 0)]);
    const adaptation = await recommender.adapt({
      users: user,
      items: selectEmbeddings(items, [...own, ...next]),
      labels: Float32Array.from([...own.map(() => (disliked ? 0 : 1)), ...next.map(() => 0)]),
      types: new Uint8Array(own.length + next.length).fill(typeIndex(disliked ? 'DISLIKE' : 'RATE')),
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
