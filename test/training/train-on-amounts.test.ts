import { expect, test } from '@jest/globals';
import { openEngine } from '../../src/engine/engines.ts';
import { typeIndex } from '../../src/features/interaction-types.ts';
import { selectEmbeddings } from '../../src/models/recommender.ts';
import { loadRecommender } from '../../src/models/recommenders.ts';
import type { Task, TrainingData } from '../../src/tasks/training-data.ts';
import { groupOf, groups, plantedData } from './planted-data.ts';
import { smallListRecipe } from './small-list-recipe.ts';
import { trainRecipe } from './train-recipe.ts';

const plays = (count: number) => new Uint8Array(count).fill(typeIndex('PLAY'));

/** Users like a group, whose items they play to the end. Of another group they play 60 % of one item, and like no more. */
function playedItems(): TrainingData {
  const data = plantedData({ taskKind: 'USER', tasks: 120, seed: 1 });
  const tasks = data.tasks.map(({ users }, user): Task => {
    const liked = user % groups;
    const other = (user + 1 + (Math.floor(user / groups) % (groups - 1))) % groups;
    const items = Int32Array.from(
      { length: 8 },
      (_, place) => ((user + place) % 10) * groups + (place < 2 ? other : liked),
    );
    const amounts = Float32Array.from({ length: 8 }, (_, place) => (place < 2 ? 0.6 : 1));
    // What is played to 60 % is evidence, but nothing to find.
    const opinions = Float32Array.from({ length: 8 }, (_, place) => (place < 2 ? 0 : 1));
    return { users, items, labels: new Float32Array(8), types: plays(8), opinions, amounts };
  });
  return { ...data, tasks };
}

test('CMML that ranks the catalog learns what the share that was played says', async () => {
  const data = playedItems();
  const engine = await openEngine('onnx');
  const { artifact } = await trainRecipe({ ...smallListRecipe({ width: 0 }, 80), data, engine });
  const recommender = await loadRecommender(artifact, engine);
  const user = selectEmbeddings(await recommender.embedUsers(data.users), [0]);
  const items = await recommender.embedItems(data.items);
  for (let group = 0; group < groups; group++) {
    const other = (group + 1) % groups;
    const adaptation = await recommender.adapt({
      users: user,
      items: selectEmbeddings(items, [group, other, group + groups, other + groups]),
      labels: new Float32Array(4),
      types: plays(4),
      opinions: new Float32Array(4).fill(1),
      amounts: Float32Array.of(1, 0.6, 1, 0.6),
    });
    const scores = await recommender.score(adaptation, user, items);
    const meanOf = (wanted: number) => {
      const own = [...scores].filter((_, row) => groupOf(row) === wanted);
      return own.reduce((sum, score) => sum + score, 0) / own.length;
    };
    expect(meanOf(group)).toBeGreaterThan(meanOf(other));
  }
});
