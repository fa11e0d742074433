import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { InteractionRecord } from '../../src/datasets/dataset.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { openEngine } from '../../src/engine/engines.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { trainModel } from '../../src/pipeline/train-model.ts';
import { recommend } from '../../src/serving/recommend.ts';
import type { TaskKind } from '../../src/tasks/training-data.ts';
import { recipeFor } from '../../src/training/recipe-for.ts';
import { type Lists, openLists } from '../support/open-lists.ts';
import { recordInteraction } from '../support/record-interaction.ts';
import { smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';

const ratingScale = { minimum: 1, maximum: 5 };
const [users, items, scenarios] = [100, 60, 20];
/** Users and items have one of two tastes, which no feature reveals. */
const tasteOf = (number: number) => number % 2;
const sizes = { labelWidths: [], contextWidths: [16], hyperWidths: [16, 16], backboneWidths: [16, 16] };
const training = { tasksPerStep: 8, learningRate: 1e-2, patience: 40 };

/** Each user clicks most items of the user's own taste, and no others. */
function clicks(): InteractionRecord[] {
  const all: InteractionRecord[] = [];
  for (let user = 1; user <= users; user++) {
    for (let item = 1; item <= items; item++) {
      const isClicked = tasteOf(user) === tasteOf(item) && (user * 7 + item * 5) % 9 < 6;
      if (isClicked) all.push({ userId: `u${user}`, itemId: `i${item}`, type: 'CLICK', value: null, time: null });
    }
  }
  return all;
}

describe('a model trained on clicks alone', () => {
  const db = testDatabase();
  let engine: Engine;
  let service: Lists;

  /** Recommends ten items. Returns how many have an odd number, the reasons, and the numbers. */
  const oddOf = async (userId: string, scenarioId?: string) => {
    const { recommendations } = await recommend(await service.session(), {
      for: { user: userId },
      scenario: scenarioId,
      first: 10,
      // The users have clicked a large share of the items that they like.
      includeSeen: true,
    });
    const rows = await db.database.item.findMany();
    const numbers = recommendations.map(({ itemId }) => rows.find(({ id }) => id === itemId)?.externalId.slice(1));
    return {
      odd: numbers.filter((number) => tasteOf(Number(number)) === 1).length,
      reasons: [...new Set(recommendations.map(({ reason }) => reason))],
      numbers: numbers.map(Number),
    };
  };
  const addNewUser = async (externalId: string, clicked: readonly string[]) => {
    await db.database.user.create({ data: { externalId, features: { region: 'west' } } });
    for (const itemId of clicked) {
      await recordInteraction(db.pool, ratingScale, { userId: externalId, itemId, type: 'CLICK' });
    }
  };
  const train = (taskKind: TaskKind, options: Parameters<typeof recipeFor>[1]) =>
    trainModel(
      { database: db.database, pool: db.pool, engine, ratingScale },
      { taskKind, recipe: recipeFor(taskKind, options) },
    );
  const trainUsers = (objective: string) =>
    train('USER', {
      config: { ...sizes, objective, embeddingWidth: 8 },
      options: { ...training, epochs: 20 },
    });
  const trainScenarios = () =>
    train('SCENARIO', {
      config: { ...sizes, encoder: 'meanPool', factorWidth: 8, contextWidths: [16, 16] },
      options: { ...training, epochs: 20, episodes: { supportPairs: 16, queryPairs: 16, minimumPairs: 100 } },
    });

  beforeAll(async () => {
    const numbered = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
    const dataset = smallDataset({
      users: numbered(users).map((n) => ({ id: `u${n}`, features: { region: 'west' } })),
      items: numbered(items).map((n) => ({ id: `i${n}`, title: `Item ${n}`, features: { length: 1 } })),
      scenarios: numbered(scenarios).map((n) => ({
        id: `s${n}`,
        title: `Scenario ${n}`,
        items: numbered(30).map((k) => `i${1 + ((n * 11 + k) % items)}`),
      })),
      interactions: clicks(),
    });
    await loadDataset(db.pool, dataset, { ratingScale });
    engine = await openEngine('onnx');
    service = await openLists(db, engine);
  });
  afterAll(() => service.close());

  test('cannot predict ratings, because there are none', async () => {
    await expect(train('USER', { config: { objective: 'mse' } })).rejects.toThrow(
      'users who have rated at least 13 items',
    );
  });

  describe.each(['bpr', 'hinge'])('with the objective %s, for users', (objective) => {
    test('finds the hidden items of held-out users, and adapts to a new user’s clicks', async () => {
      const report = await trainUsers(objective);
      expect(report.heldOutTasks).toBeGreaterThan(0);
      // Ten items are hidden among 50 candidates, so a random order has a recall of 0.2. A model that knows only the
      // user's taste finds half of them among the 20 candidates of that taste, with a deviation of 0.04 over eight
      // users.
      expect(report.metrics.recall10).toBeGreaterThan(0.35);
      // Without adaptation, all users have one list, which suits at best the taste of most held-out users.
      expect(report.metrics.recall10).toBeGreaterThan(report.metricsUnadapted.recall10 as number);
      await addNewUser(`odd ${objective}`, ['i1', 'i3', 'i5', 'i7']);
      await addNewUser(`even ${objective}`, ['i2', 'i4', 'i6', 'i8']);
      const [odd, even] = [await oddOf(`odd ${objective}`), await oddOf(`even ${objective}`)];
      expect(odd.reasons).toEqual(['ADAPTED']);
      expect(odd.odd).toBeGreaterThanOrEqual(9);
      expect(even.odd).toBeLessThanOrEqual(1);
    });
  });

  test('for scenarios recommends items from the pool that suit the user', async () => {
    const report = await trainScenarios();
    expect(report).toMatchObject({ eligibleTasks: scenarios, trainedTasks: scenarios });
    expect(report.heldOutTasks).toBeGreaterThan(0);
    expect(report.metrics.recall10).toBeGreaterThan(0.5);
    expect(report.version.taskKind).toBe('SCENARIO');
    const pool = new Set(Array.from({ length: 30 }, (_, index) => 1 + ((11 + index + 1) % items)));
    const [odd, even] = [await oddOf('u31', 's1'), await oddOf('u32', 's1')];
    for (const number of [...odd.numbers, ...even.numbers]) expect(pool).toContain(number);
    expect(odd.reasons).toEqual(['ADAPTED']);
    expect(odd.odd).toBeGreaterThanOrEqual(9);
    expect(even.odd).toBeLessThanOrEqual(1);
  });

  test('a user model serves lists without a scenario beside a scenario model', async () => {
    await trainUsers('bpr');
    await trainScenarios();
    expect(await db.database.activeModel.count()).toBe(2);
    expect((await oddOf('u1')).odd).toBeGreaterThanOrEqual(9);
  });
});
