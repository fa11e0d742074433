import { beforeAll, describe, expect, test } from '@jest/globals';
import { openEngine } from '../../src/engine/engines.ts';
import { agesOf } from '../../src/features/ages.ts';
import { typeIndex } from '../../src/features/interaction-types.ts';
import { type Recommender, selectEmbeddings } from '../../src/models/recommender.ts';
import { loadRecommender } from '../../src/models/recommenders.ts';
import type { Task, TrainingData } from '../../src/tasks/training-data.ts';
import { groupOf, groups, plantedData } from './planted-data.ts';
import { smallListRecipe } from './small-list-recipe.ts';
import { trainRecipe } from './train-recipe.ts';

const day = 24 * 60 * 60 * 1000;
const views = (count: number) => new Uint8Array(count).fill(typeIndex('VIEW'));

/** Users like five items of a group, and from a hundred days later five items of another group. */
function changingTastes(): TrainingData {
  const data = plantedData({ taskKind: 'USER', tasks: 120, seed: 1 });
  const tasks = data.tasks.map(({ users }, user): Task => {
    const [before, after] = [user % groups, (user + 1 + (Math.floor(user / groups) % (groups - 1))) % groups];
    const items = Int32Array.from({ length: 10 }, (_, place) => {
      return ((user + place) % 10) * groups + (place < 5 ? before : after);
    });
    const times = Float64Array.from({ length: 10 }, (_, place) => (place < 5 ? place : 100 + place) * day);
    return { users, items, labels: new Float32Array(10), types: views(10), times };
  });
  return { ...data, tasks };
}

describe('CMML that ranks the catalog, trained on tastes that change', () => {
  const data = changingTastes();
  /** Models that read the age in one part only. */
  const parts = { 'by its network': { width: 0 }, 'by its closed-form head': { width: 8, scale: 100 } };

  describe.each(Object.entries(parts))('%s', (name, closedForm) => {
    let recommender: Recommender;
    beforeAll(async () => {
      const recipe = smallListRecipe(closedForm, name === 'by its network' ? 80 : 1);
      const engine = await openEngine('onnx');
      const { artifact } = await trainRecipe({ ...recipe, data, engine });
      recommender = await loadRecommender(artifact, engine);
    });

    /** Returns the mean score of each group after two interactions with one group, and two with another one later. */
    async function scoresAfter(earlier: number, later: number, times?: readonly number[]): Promise<number[]> {
      const rows = [earlier, earlier + groups, later, later + groups];
      const user = selectEmbeddings(await recommender.embedUsers(data.users), [0]);
      const items = await recommender.embedItems(data.items);
      const adaptation = await recommender.adapt({
        users: user,
        items: selectEmbeddings(items, rows),
        labels: new Float32Array(4),
        types: views(4),
        opinions: new Float32Array(4).fill(1),
        ...(times && { ages: agesOf(times) }),
      });
      const scores = await recommender.score(adaptation, user, items);
      return Array.from({ length: groups }, (_, group) => {
        const own = [...scores].filter((_score, row) => groupOf(row) === group);
        return own.reduce((sum, score) => sum + score, 0) / own.length;
      });
    }

    test('ranks items of the later taste above those of the earlier one', async () => {
      for (let earlier = 0; earlier < groups; earlier++) {
        const later = (earlier + 1) % groups;
        const scores = await scoresAfter(earlier, later, [0, day, 101 * day, 102 * day]);
        const swapped = await scoresAfter(later, earlier, [0, day, 101 * day, 102 * day]);
        expect(scores[later]).toBeGreaterThan(scores[earlier] as number);
        expect(swapped[earlier]).toBeGreaterThan(swapped[later] as number);
      }
    });

    test('counts interactions of unknown times alike', async () => {
      const scores = await scoresAfter(0, 1);
      const swapped = await scoresAfter(1, 0);
      for (const [group, score] of scores.entries()) expect(score).toBeCloseTo(swapped[group] as number, 4);
    });
  });
});
