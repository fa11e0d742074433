import { describe, expect, test } from '@jest/globals';
import { decidePromotion, type Obstacle, type PastComparison } from '../../src/registry/promotion-rule.ts';

const against = (metrics: Record<string, number>) => ({ versionId: 7, metrics });

describe('decidePromotion', () => {
  test('promotes the first version of a kind of task, measured or not', () => {
    expect(decidePromotion({}, null, 0.01)).toMatchObject({ promoted: true, metric: null });
    expect(decidePromotion({ mae: 9 }, null, 0.01)).toMatchObject({ promoted: true, metric: null });
  });

  test('after a rollback to no version, promotes only a version that is better than those rolled back', () => {
    const rolledBack = (metrics: Record<string, number>) => ({
      version: 'the old',
      strictly: true,
      metrics,
      active: {},
    });
    const history = { compared: [rolledBack({ mae: 0.8, ndcg3: 0.7 }), rolledBack({ mae: 0.9 })], rolledBackTo: null };
    expect(decidePromotion({ mae: 0.8 }, null, 0.01, history)).toMatchObject({
      ...{ promoted: false, metric: 'mae', value: 0.8, activeValue: 0.8, margin: 0 },
      reason: "This version's mae on held-out tasks is 0.8000, which is not better than the 0.8000 of the old.",
    });
    expect(decidePromotion({ mae: 0.79 }, null, 0.01, history)).toMatchObject({ promoted: true, activeValue: 0.8 });
    expect(decidePromotion({ ndcg3: 0.71 }, null, 0.01, history)).toMatchObject({ promoted: true, metric: 'ndcg3' });
    const nothing = decidePromotion({}, null, 0.01, { compared: [], rolledBackTo: null });
    expect(nothing).toMatchObject({ promoted: false, metric: null });
  });

  test.each([
    ['mae', 1.01, 1, true],
    ['mae', 1.0101, 1, false],
    ['mae', 0.5, 1, true],
    ['recall10', 0.198, 0.2, true],
    ['recall10', 0.1979, 0.2, false],
    ['recall10', 0.9, 0.2, true],
    ['ndcg3', 0.5, 0, true],
    ['mae', 0, 0, true],
    ['mae', 0.001, 0, false],
  ] as const)('%s of %d against %d: %s', (metric, value, activeValue, promoted) => {
    expect(decidePromotion({ [metric]: value }, against({ [metric]: activeValue }), 0.01)).toMatchObject({
      promoted,
      metric,
      value,
      activeValue,
      margin: 0.01,
      reason: expect.stringMatching(/active version 7/),
    });
  });

  test('with a margin of 0, promotes an equal version but no worse one', () => {
    expect(decidePromotion({ mae: 1 }, against({ mae: 1 }), 0).promoted).toBe(true);
    expect(decidePromotion({ mae: 1.000001 }, against({ mae: 1 }), 0).promoted).toBe(false);
  });

  test('compares errors first, and the order if one version has no errors', () => {
    const both = decidePromotion({ mae: 1, ndcg3: 0.1 }, against({ mae: 1, ndcg3: 0.9 }), 0.01);
    expect(both).toMatchObject({ promoted: true, metric: 'mae' });
    const order = decidePromotion({ ndcg3: 0.1, tasks: 5 }, against({ mae: 1, ndcg3: 0.9, tasks: 5 }), 0.01);
    expect(order).toMatchObject({ promoted: false, metric: 'ndcg3' });
  });

  test.each([
    [0.2, 'equal to'],
    [0.21, 'better than'],
    [0.199, 'at most 1% worse than'],
    [0.19, 'more than 1% worse than'],
  ])('says that a recall of %d is the one or the other beside 0.2: %s', (recall10, words) => {
    const { reason } = decidePromotion({ recall10 }, against({ recall10: 0.2 }), 0.01);
    expect(reason).toContain(`on held-out tasks is ${recall10.toFixed(4)}, ${words} the 0.2000 of`);
  });

  test('also compares with the best earlier version', () => {
    const best = { version: 'the best', strictly: false };
    const compared: PastComparison[] = [
      { ...best, metrics: { mae: 1 }, active: { mae: 1.009 } },
      { ...best, metrics: { recall10: 0.9 }, active: { recall10: 0.8 } },
      { ...best, metrics: { recall10: 2 }, active: { mae: 1 } },
    ];
    const decideOn = (mae: number) => decidePromotion({ mae }, against({ mae: 1.009 }), 0.01, { compared });
    expect(decideOn(1.01)).toMatchObject({ promoted: true, activeValue: 1, margin: 0.01 });
    expect(decideOn(1.0101)).toMatchObject({
      ...{ promoted: false, value: 1.0101, activeValue: 1 },
      reason: "This version's mae on held-out tasks is 1.0101, more than 1% worse than the 1.0000 of the best.",
    });
    const higher = decidePromotion({ recall10: 0.8 }, against({ recall10: 0.8 }), 0.01, { compared });
    expect(higher).toMatchObject({ promoted: false, activeValue: 0.9 });
  });

  test.each([
    [{ mae: 0.33 }, { mae: 0.34 }, 0.68, 0.67, false],
    [{ mae: 0.33 }, { mae: 0.34 }, 0.68, 0.66, true],
    [{ mae: 0.34 }, { mae: 0.33 }, 0.68, 0.686, true],
    [{ recall10: 0.4 }, { recall10: 0.2 }, 0.1, 0.19, false],
    [{ recall10: 0.4 }, { recall10: 0.2 }, 0.1, 0.2, true],
    [{ recall10: 0.4 }, { recall10: 0 }, 0.1, 0.39, false],
    [{ recall10: 0 }, { recall10: 0 }, 0.1, 0.1, true],
  ])(
    'an earlier version had %p, the active one %p, and now has %d: a new version with %d is promoted: %s',
    (metrics, active, now, value, promoted) => {
      const compared = [{ version: 'the best', strictly: false, metrics, active }];
      const [metric] = Object.keys(metrics) as [string];
      expect(decidePromotion({ [metric]: value }, against({ [metric]: now }), 0.01, { compared })).toMatchObject({
        promoted,
      });
    },
  );

  describe('after a rollback from version 8 to version 7', () => {
    const rolledBack = {
      version: 'version 8, which was rolled back',
      strictly: true,
      metrics: { mae: 0.8, recall10: 0.3 },
    };
    const historyBeside = (active: Record<string, number>) => ({
      compared: [{ ...rolledBack, active }],
      rolledBackTo: 7,
    });
    const since = (metrics: Record<string, number>, incumbent: Parameters<typeof decidePromotion>[1]) =>
      decidePromotion(metrics, incumbent, 0.01, historyBeside(incumbent?.metrics ?? {}));

    test.each([
      [0.8, 1, false, 0.8, 'not better than the 0.8000 of version 8, which was rolled back'],
      [0.799, 1, true, 0.8, 'better than the 0.8000 of version 8, which was rolled back'],
      [0.7, 0.7, false, 0.7, 'not better than the 0.7000 of the active version 7, which was rolled back to'],
      [0.699, 0.7, true, 0.7, 'better than the 0.7000 of the active version 7, which was rolled back to'],
    ])('mae of %d, the active version’s %d: %s', (mae, activeMae, promoted, activeValue, reason) => {
      expect(since({ mae }, against({ mae: activeMae }))).toMatchObject({
        ...{ promoted, value: mae, activeValue, margin: 0 },
        reason: expect.stringContaining(reason),
      });
    });

    test('requires a higher value of a metric for which higher is better', () => {
      const active = against({ recall10: 0.2 });
      expect(since({ recall10: 0.3 }, active).promoted).toBe(false);
      expect(since({ recall10: 0.301 }, active)).toMatchObject({ promoted: true, activeValue: 0.3 });
    });

    test('compares later versions with the rolled-back version and with the better one promoted since', () => {
      const decideOn = (mae: number, active: number) =>
        decidePromotion({ mae }, { versionId: 9, metrics: { mae: active } }, 0.01, historyBeside({ mae: active }));
      expect(decideOn(0.504, 0.5)).toMatchObject({ promoted: true, activeValue: 0.5, margin: 0.01 });
      expect(decideOn(0.506, 0.5)).toMatchObject({ promoted: false, activeValue: 0.5, margin: 0.01 });
      expect(decideOn(0.8, 0.799)).toMatchObject({ promoted: false, activeValue: 0.8, margin: 0 });
    });

    test('promotes a version without metrics only if the active version can no longer be used', () => {
      expect(since({}, against({ mae: 1 }))).toMatchObject({
        promoted: false,
        reason: expect.stringMatching(/not measured on any held-out task.*An admin must decide/),
      });
      expect(since({ mae: 1 }, { versionId: 7, obstacle: 'unmeasured' })).toMatchObject({
        promoted: false,
        reason: expect.stringMatching(/rollback to version 7.*An admin must decide/),
      });
      expect(since({ mae: 1 }, { versionId: 7, obstacle: 'unusable' }).promoted).toBe(true);
    });
  });

  test('leaves the decision to an admin if the two versions have no metric in common', () => {
    const verdict = decidePromotion({ recall10: 0.5, tasks: 3 }, against({ mae: 1, tasks: 3 }), 0.01);
    expect(verdict).toMatchObject({ promoted: false, metric: null, value: null, margin: null });
    expect(verdict.reason).toMatch(/different goal.*An admin must decide/);
  });

  test('promotes a version without metrics only if the active version has none either', () => {
    expect(decidePromotion({}, against({ mae: 1 }), 0.01)).toMatchObject({
      promoted: false,
      metric: null,
      reason: expect.stringMatching(/not measured on any held-out task.*version 7\. An admin must decide/),
    });
    expect(decidePromotion({}, { versionId: 7, obstacle: 'unmeasured' }, 0.01).promoted).toBe(true);
    expect(decidePromotion({}, { versionId: 7, obstacle: 'unusable' }, 0.01).promoted).toBe(true);
    expect(decidePromotion({}, { versionId: 7, obstacle: 'otherGoal' }, 0.01).promoted).toBe(false);
  });

  test.each([
    ['unusable', true],
    ['unmeasured', true],
    ['otherGoal', false],
    ['otherTasks', false],
    ['promotedMeanwhile', false],
  ] satisfies [Obstacle, boolean][])(
    'if the active version is %s, a measured version is promoted: %s',
    (obstacle, promoted) => {
      expect(decidePromotion({ mae: 1 }, { versionId: 7, obstacle }, 0.01)).toMatchObject({
        promoted,
        metric: null,
        reason: expect.stringMatching(/version 7/),
      });
    },
  );
});
