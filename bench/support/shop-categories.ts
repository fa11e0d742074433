import type { Engine } from '../../src/engine/engine.ts';
import type { Recommender } from '../../src/models/recommender.ts';
import { loadRecommender } from '../../src/models/recommenders.ts';
import { encodeKnown } from '../../src/tasks/encode-known.ts';
import { drawNegative, SeenItems } from '../../src/tasks/negatives.ts';
import { PairsByItem } from '../../src/tasks/pairs-by-item.ts';
import { positivePairs } from '../../src/tasks/positives.ts';
import { randomSource, shuffle } from '../../src/tasks/random.ts';
import type { Pairs, Task, TrainingData } from '../../src/tasks/training-data.ts';
import { recipeFor } from '../../src/training/recipe-for.ts';
import { train } from '../../src/training/train.ts';
import { positiveFrom, type ShopExperiment } from './shop-experiment.ts';

const seed = 1;

/** A scenario model of a shop's categories. It knows nothing of the held-out customers but their features. */
export interface ShopCategories {
  readonly data: TrainingData;
  readonly model: Recommender;
  /** What the model adapts to in each category: rows of users and items, positives first. */
  readonly supports: readonly CategorySupport[];
}

export interface CategorySupport extends Pairs {
  readonly labels: Float32Array;
}

/** Trains the default model for scenarios on what the training customers did in all categories. */
export async function trainOnCategories(experiment: ShopExperiment, engine: Engine): Promise<ShopCategories> {
  const data = categoryData(experiment);
  const { artifact } = await train({ recipe: recipeFor('SCENARIO', {}), data, engine });
  const model = await loadRecommender(artifact, engine);
  return { data, model, supports: drawSupports(data, Math.floor(model.supportLimit / 2)) };
}

/**
 * Returns a task for each category, of all pairs of a training customer and a product of it that the customer likes.
 */
export function categoryData({ tables, data }: Pick<ShopExperiment, 'tables' | 'data'>): TrainingData {
  const known = likedPairs(data.tasks);
  const pairs = new PairsByItem(known, tables.items.length);
  return {
    taskKind: 'SCENARIO',
    ...encodeKnown(tables, { known, ids: ['user', 'item'] }),
    tasks: tables.scenarios.map(({ items }) => {
      const candidates = Int32Array.from(items).sort();
      const own = pairs.of(candidates);
      return { ...own, labels: new Float32Array(own.items.length).fill(1), candidates };
    }),
    interactions: known,
  };
}

function likedPairs(histories: readonly Task[]): Pairs {
  const liked = histories.map(({ users, ...task }) => ({
    user: users[0] as number,
    items: positivePairs(task, positiveFrom).map((pair) => task.items[pair] as number),
  }));
  return {
    users: Int32Array.from(liked.flatMap(({ user, items }) => items.map(() => user))),
    items: Int32Array.from(liked.flatMap(({ items }) => items)),
  };
}

/** Draws at most `count` positives of each category, and an item for the user of each that is no positive. */
function drawSupports(data: TrainingData, count: number): CategorySupport[] {
  const random = randomSource(seed);
  const source = { items: data.items.rows, seen: new SeenItems(data) };
  return data.tasks.map(({ users, items, candidates }) => {
    const order = Int32Array.from(items.keys());
    shuffle(order, random);
    const positives = [...order.subarray(0, count)].map((pair) => [users[pair], items[pair]] as [number, number]);
    const negatives = positives.flatMap(([user]): [number, number][] => {
      const item = drawNegative(candidates, user, source, random);
      return item === undefined ? [] : [[user, item]];
    });
    const all = [...positives, ...negatives];
    return {
      users: Int32Array.from(all, ([user]) => user),
      items: Int32Array.from(all, ([, item]) => item),
      labels: new Float32Array(all.length).fill(1, 0, positives.length),
    };
  });
}
