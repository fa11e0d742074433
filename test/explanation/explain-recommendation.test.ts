import { beforeAll, describe, expect, test } from '@jest/globals';
import type {
  GeneratedWeightsExplanation,
  LayerModulationExplanation,
  RouteExplanation,
} from '../../src/explanation/modulation-explanation.ts';
import type { CmmlConfigInput } from '../../src/models/cmml/cmml-config.ts';
import type { SupportKind } from '../../src/models/recommender.ts';
import { type AdaptedTask, adaptTask } from '../../src/serving/adapted-model.ts';
import type { RecommendationTarget, VisitorInteraction } from '../../src/serving/recipient.ts';
import { openList } from '../../src/serving/recommendation-list.ts';
import type { Support } from '../../src/serving/support.ts';
import { smallList } from '../models/cmml/lists/small-list.ts';
import { countStatements } from '../support/count-statements.ts';
import { rating, smallCatalog } from '../support/small-dataset.ts';
import { serveModel, serveUntrainedModel, untrainedListModel } from '../support/test-model.ts';
import { explanationPlatform } from './explanation-platform.ts';

const pool = Array.from({ length: 12 }, (_, index) => `i${index + 1}`);
const scenarios = [
  { id: 'busy', title: 'Busy', items: pool },
  { id: 'quiet', title: 'Quiet', items: ['i21', 'i22'] },
];
const ids = ['user', 'item'] as const;
const labels = { mean: 2.5, deviation: 1.5 };

describe('explainRecommendation', () => {
  const platform = explanationPlatform({ ...smallCatalog(12, 30), scenarios });

  const explain = (user: string, item: string, scenario?: string) =>
    platform.explanations.explainRecommendation({ for: { user }, item, scenario });
  const serve = (config: CmmlConfigInput, support: SupportKind = 'labels', taskKind?: 'SCENARIO') =>
    serveUntrainedModel(platform.database, 3, {
      ids,
      support,
      config: { labels, ...config },
      ...(taskKind && { taskKind }),
    });

  beforeAll(async () => {
    for (const [item, value] of [
      [2, 5],
      [5, 1],
      [9, 4],
      [14, 5],
    ] as const) {
      await platform.record('u1', `i${item}`, 'RATE', value);
    }
    await platform.record('u1', 'i3');
    for (let user = 2; user <= 8; user++) {
      await platform.record(`u${user}`, `i${user}`, 'RATE', 1 + (user % 5));
      await platform.record(`u${user}`, `i${user + 1}`);
    }
  });

  test.each(['softModules', 'film', 'sigmoid', 'linear'] as const)(
    'with %s, returns the score that the list has, for each of its items',
    async (modulation) => {
      const version = await serve({ modulation });
      const list = await platform.list({ for: { user: 'u1' } });
      expect(list.size).toBe(26);
      for (const [item, score] of [...list].slice(0, 5)) {
        const explained = await explain('u1', item);
        expect(explained.score).toBeCloseTo(score, 5);
        expect(explained).toMatchObject({ modelVersionId: version, supportSize: 4 });
      }
    },
  );

  test('with linear, the score is the sum of bias, terms and ridge part', async () => {
    await serve({ modulation: 'linear' });
    const { score, modulation, ridgePart } = await explain('u1', 'i20');
    const { kind, bias, largestTerms } = modulation as GeneratedWeightsExplanation;
    expect(kind).toBe('weights');
    expect(largestTerms).toHaveLength(8);
    expect(ridgePart).not.toBe(0);
    const sum = largestTerms.reduce((total, { contribution }) => total + contribution, 0);
    expect(sum + bias + (ridgePart as number)).toBeCloseTo(score, 5);
    const sizes = largestTerms.map(({ contribution }) => Math.abs(contribution));
    expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
    for (const { weight, activation, contribution } of largestTerms)
      expect(contribution).toBeCloseTo(weight * activation, 12);
    expect(new Set(largestTerms.map(({ unit }) => unit)).size).toBe(8);
  });

  test('returns the 20 largest terms if there are more', async () => {
    await serve({ modulation: 'linear', backboneWidths: [8, 24], hyperWidths: [8, 8] });
    const { modulation } = await explain('u1', 'i20');
    expect((modulation as GeneratedWeightsExplanation).largestTerms).toHaveLength(20);
  });

  test('with softModules, each target’s weights sum to 1 and the strongest path goes through them', async () => {
    await serve({
      modulation: 'softModules',
      softModules: { modules: 3, routeWidths: [4, 4, 4], moduleWidths: [4, 4, 4] },
    });
    const { kind, layers, strongestPath } = (await explain('u1', 'i20')).modulation as RouteExplanation;
    expect(kind).toBe('route');
    expect(layers.map(({ weights }) => [weights.length, weights[0]?.length])).toEqual([
      [3, 3],
      [3, 3],
      [3, 1],
    ]);
    for (const { weights } of layers) {
      for (const target of (weights[0] as readonly number[]).keys())
        expect(weights.reduce((sum, module) => sum + (module[target] as number), 0)).toBeCloseTo(1, 5);
    }
    const { modules, weight } = strongestPath;
    const along = layers.map(
      ({ weights }, layer) => weights[modules[layer] as number]?.[modules[layer + 1] ?? 0] as number,
    );
    expect(weight).toBeCloseTo(
      along.reduce((product, each) => product * each),
      12,
    );
  });

  test.each(['film', 'sigmoid'] as const)(
    'with %s, each layer has its scales and its distance from an average task',
    async (modulation) => {
      await serve({ modulation });
      const { kind, layers } = (await explain('u1', 'i20')).modulation as LayerModulationExplanation;
      expect(kind).toBe('layers');
      expect(layers).toHaveLength(2);
      for (const { scales, shifts, distanceFromAverage } of layers) {
        expect(scales).toHaveLength(8);
        if (modulation === 'film') expect(shifts).toHaveLength(8);
        else expect(shifts).toBeNull();
        const distance = (await distanceFromAverage()) as number;
        expect(distance).toBeGreaterThan(0);
        expect(distance).toBeLessThan(10);
      }
    },
  );

  test('a model without a ridge head has no ridge part', async () => {
    await serve({ ridgeWidth: 0 });
    expect(await explain('u1', 'i20')).toMatchObject({ ridgePart: null, closedFormPart: null });
  });

  test('in a model that ranks the catalog, the score is the sum of bias, terms and the part of its closed-form head', async () => {
    const { database } = platform;
    const { schema } = await untrainedListModel(database, 3, {});
    await serveModel(database, { kind: 'cmml', schema, ...smallList(schema) });
    const { score, modulation, ridgePart, closedFormPart } = await explain('u1', 'i20');
    const { bias, largestTerms } = modulation as GeneratedWeightsExplanation;
    const sum = largestTerms.reduce((total, { contribution }) => total + contribution, 0);
    expect(sum + bias + (closedFormPart as number)).toBeCloseTo(score, 4);
    expect(Math.abs(closedFormPart as number)).toBeGreaterThan(0.01);
    expect(ridgePart).toBeNull();
  });

  describe('the candidate stage', () => {
    test('is SCENARIO for an item of the pool, NOT_RETRIEVED for other items', async () => {
      await serve({}, 'positivesAndNegatives', 'SCENARIO');
      expect((await explain('u1', 'i7', 'busy')).stage).toBe('SCENARIO');
      expect((await explain('u1', 'i20', 'busy')).stage).toBe('NOT_RETRIEVED');
    });

    test('is FRESH for an item without interactions, POPULAR for other items', async () => {
      await serve({});
      expect((await explain('u1', 'i20')).stage).toBe('FRESH');
      expect((await explain('u1', 'i7')).stage).toBe('POPULAR');
    });

    test('is NOT_RETRIEVED for a rated item, which still gets a score', async () => {
      await serve({});
      const { stage, score } = await explain('u1', 'i2');
      expect(stage).toBe('NOT_RETRIEVED');
      expect(Number.isFinite(score)).toBe(true);
    });
  });

  describe('influences', () => {
    test('are computed on request', async () => {
      await serve({});
      const explained = await explain('u1', 'i20');
      expect(await countStatements(() => explained.influences())).toBe(0);
      expect(await explained.influences()).toHaveLength(4);
    });

    test.each([
      ['labels', 'mean', {}],
      ['positives', 'mean', {}],
      ['positivesAndNegatives', 'mean', {}],
      ['labels', 'gru', { encoder: 'gru', gruWidth: 6 }],
      ['positivesAndNegatives', 'gru', { encoder: 'gru', gruWidth: 6 }],
    ] as const)(
      'are the score minus the score without the interaction, with %s and the encoder %s',
      async (support, _encoder, config) => {
        const version = await serve(config, support);
        const { score, influences, supportSize } = await explain('u1', 'i20');
        const found = await influences();
        // The four ratings, or the three positive ones and the interaction of another type.
        expect(found).toHaveLength(4);
        expect(supportSize).toBe(found.length);
        let compared = 0;
        for (const { userId, itemId, effect, label } of found) {
          const real = await withoutInteraction(version, { user: 'u1' }, { userId, itemId }, 'i20');
          if (support === 'labels') expect(label).toBe(real.value);
          else expect(label).toBe(1);
          if (real.redrawn) continue;
          compared += 1;
          expect(effect).toBeCloseTo(score - real.score, 5);
        }
        // Without the earliest interaction, other negatives are drawn, and the item itself can become one.
        if (support === 'positivesAndNegatives') expect(compared).toBeGreaterThanOrEqual(2);
        else expect(compared).toBe(found.length);
        const sizes = found.map(({ effect }) => Math.abs(effect));
        expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
        expect(sizes[0]).toBeGreaterThan(1e-4);
      },
    );

    test('in a scenario are those of all users, each left out with its own negative', async () => {
      const version = await serve({}, 'positivesAndNegatives', 'SCENARIO');
      const { score, influences, supportSize } = await explain('u12', 'i8', 'busy');
      const found = await influences();
      expect(supportSize).toBe(found.length);
      expect(new Set(found.map(({ userId }) => userId)).size).toBe(8);
      expect(Number.isFinite(score)).toBe(true);
      let compared = 0;
      for (const { userId, itemId, effect } of found) {
        const real = await withoutInteraction(version, { user: 'u12' }, { userId, itemId }, 'i8', 'busy');
        if (real.redrawn) continue;
        compared += 1;
        expect(effect).toBeCloseTo(score - real.score, 5);
      }
      expect(compared).toBeGreaterThanOrEqual(5);
      expect(Math.abs(found[0]?.effect as number)).toBeGreaterThan(1e-5);
    });

    test('of the only interaction is relative to the model adapted to an empty support set', async () => {
      await serve({});
      const { influences } = await explain('u2', 'i20');
      const [only, ...others] = await influences();
      expect(others).toEqual([]);
      expect(Number.isFinite(only?.effect)).toBe(true);
      expect(only?.effect).not.toBe(0);
    });
  });

  describe('throws', () => {
    test.each([
      ['nobody', 'i1', undefined, 'USER_NOT_FOUND'],
      ['u1', 'nothing', undefined, 'ITEM_NOT_FOUND'],
      ['u1', 'i1', 'nowhere', 'SCENARIO_NOT_FOUND'],
      ['', 'i1', undefined, 'BAD_USER_INPUT'],
      ['u1', 'i\0', undefined, 'BAD_USER_INPUT'],
      ['u12', 'i1', undefined, 'NOTHING_TO_EXPLAIN'],
    ])('for the user %j, the item %j and the scenario %j: %s', async (user, item, scenario, code) => {
      await serve({});
      await expect(explain(user, item, scenario)).rejects.toMatchObject({ code });
    });

    test('if no model is active', async () => {
      await platform.database.activeModel.deleteMany();
      await expect(explain('u1', 'i1')).rejects.toMatchObject({
        code: 'NOTHING_TO_EXPLAIN',
        message: expect.stringContaining('no model scores this list'),
      });
    });
  });

  /**
   * Returns the score if the interactions with an item had never been recorded. `redrawn` tells whether other negatives
   * are drawn then.
   */
  async function withoutInteraction(
    version: number,
    target: { user: string },
    where: { userId: number | null; itemId: number },
    item: string,
    scenario?: string,
  ) {
    const { userId, itemId } = where as { userId: number; itemId: number };
    const whole = await supportOf(version, target, scenario);
    const row = whole.ids.findIndex((id, place) => id === itemId && whole.userIds[place] === userId);
    const left = pairsOf(whole).filter((_, place) => place !== row && place !== whole.negatives[row]);
    const rows = await platform.database.interaction.findMany({ where: { userId, itemId } });
    await platform.database.interaction.deleteMany({ where: { userId, itemId } });
    const real = pairsOf(await supportOf(version, target, scenario));
    const { score } = await platform.explanations.explainRecommendation({ for: target, item, scenario });
    await platform.database.interaction.createMany({ data: rows });
    return { score, value: rows.at(-1)?.value, redrawn: String(real) !== String(left) };
  }

  /** A support set with the internal IDs of its items. */
  interface ListedSupport extends Support {
    readonly ids: readonly number[];
  }

  /** The support set of a list. */
  async function supportOf(version: number, target: { user: string }, scenario?: string): Promise<ListedSupport> {
    const session = await platform.session();
    return session.platform.models.use(version, async (model) => {
      const list = await openList(session, { for: target, scenario });
      const task = await adaptTask(session, model, scenario ? 'SCENARIO' : 'USER', list);
      const { support } = task as AdaptedTask;
      const { ids } = session.platform.catalog.items;
      return { ...support, ids: support.rows.map((row) => ids[row] as number) };
    });
  }

  function pairsOf({ userIds, ids, labels }: ListedSupport): string[] {
    return ids.map((id, place) => `${userIds[place]} ${id} ${labels[place]}`);
  }

  describe('a visitor', () => {
    const interactions: readonly VisitorInteraction[] = [
      { item: 'i2', type: 'RATE', value: 5 },
      { item: 'i5', type: 'RATE', value: 1 },
      { item: 'i9', type: 'RATE', value: 4 },
      { item: 'i14', type: 'RATE', value: 5 },
      { item: 'i3', type: 'CLICK' },
    ];
    const visitor = { features: { region: 'north' }, interactions };
    const serveAnybody = (support: SupportKind) =>
      serveUntrainedModel(platform.database, 3, { ids: ['item'], support, config: { labels } });
    const explainTo = (target: RecommendationTarget, item: string) =>
      platform.explanations.explainRecommendation({ for: target, item });

    test.each(['labels', 'positives', 'positivesAndNegatives'] as const)(
      'gets the same explanation as a stored user with the same features and interactions, with %s',
      async (support) => {
        await serveAnybody(support);
        const [ofVisitor, ofUser] = [await explainTo({ visitor }, 'i20'), await explainTo({ user: 'u1' }, 'i20')];
        const plain = ({ influences: _, modulation, ...rest }: typeof ofUser) => ({
          ...rest,
          layers: (modulation as LayerModulationExplanation).layers.map(({ scales, shifts }) => ({
            scales,
            shifts,
          })),
        });
        expect(plain(ofVisitor)).toEqual(plain(ofUser));
        expect(ofVisitor.score).toBeCloseTo((await platform.list({ for: { visitor } })).get('i20') as number, 5);
        const influences = await ofUser.influences();
        expect(influences.map(({ userId }) => userId)).not.toContain(null);
        expect(await ofVisitor.influences()).toEqual(influences.map((each) => ({ ...each, userId: null })));
      },
    );

    test('has influences equal to the score minus the score of a visitor without the interaction', async () => {
      await serveAnybody('labels');
      const { score, influences } = await explainTo({ visitor }, 'i20');
      const found = await influences();
      expect(found).toHaveLength(4);
      for (const { itemId, effect } of found) {
        const [left] = await platform.idsOf([itemId]);
        const without = { ...visitor, interactions: interactions.filter(({ item }) => item !== left) };
        const list = await platform.list({ for: { visitor: without } });
        expect(effect).toBeCloseTo(score - (list.get('i20') as number), 5);
      }
    });

    test('without history has nothing to explain', async () => {
      await serveAnybody('labels');
      await expect(explainTo({ visitor: {} }, 'i20')).rejects.toMatchObject({ code: 'NOTHING_TO_EXPLAIN' });
    });
  });
});

describe('explainRecommendation with more tasks and items than the limits', () => {
  const { users, items } = smallCatalog(60, 200);
  const interactions = users.flatMap(({ id }, user) => [
    rating(id, `i${1 + (user % 100)}`, 1 + (user % 5)),
    rating(id, 'i150', 1 + (user % 3)),
  ]);
  // Of the 100 candidates, 90 are popular and 10 are new.
  const platform = explanationPlatform({ users, items, interactions }, 100);
  const explain = (item: string) => platform.explanations.explainRecommendation({ for: { user: 'u1' }, item });
  const layersOf = async (item: string) => ((await explain(item)).modulation as LayerModulationExplanation).layers;
  const distances = (layers: LayerModulationExplanation['layers']) =>
    Promise.all(layers.map((layer) => layer.distanceFromAverage()));

  beforeAll(() => serveUntrainedModel(platform.database, 3, { ids }));

  test('reads the tasks to compare with once for a model version', async () => {
    const first = await distances(await layersOf('i20'));
    const again = await layersOf('i20');
    expect(await countStatements(() => distances(again))).toBe(0);
    expect(await distances(again)).toEqual(first);
  });

  test('a typical task has a distance of about 1 from the average', async () => {
    for (const distance of await distances(await layersOf('i20'))) {
      expect(distance).toBeGreaterThan(0.2);
      expect(distance).toBeLessThan(4);
    }
  });

  test('the stage tells how an item was retrieved, if it was', async () => {
    expect((await explain('i30')).stage).toBe('POPULAR');
    expect((await explain('i195')).stage).toBe('FRESH');
    expect((await explain('i120')).stage).toBe('NOT_RETRIEVED');
    await platform.record('u2', 'i195');
    expect((await explain('i195')).stage).toBe('POPULAR');
  });
});
