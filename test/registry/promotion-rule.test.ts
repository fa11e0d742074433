import { describe, expect, test } from '@jest/globals';
import { decidePromotion, type Obstacle } from '../../src/registry/promotion-rule.ts';

const against = (metrics: Record<string, number>) => ({ versionId: 7, metrics });

describe('decidePromotion', () => {
  test('promotes the first version of a kind of task, measured or not', () => {
    expect(decidePromotion({}, null, 0.01)).toMatchObject({ promoted: true, metric: null });
    expect(decidePromotion({ mae: 9 }, null, 0.01)).toMatchObject({ promoted: true, metric: null });
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

  test('a margin of 0 lets no worse version serve, and one as good', () => {
    expect(decidePromotion({ mae: 1 }, against({ mae: 1 }), 0).promoted).toBe(true);
    expect(decidePromotion({ mae: 1.000001 }, against({ mae: 1 }), 0).promoted).toBe(false);
  });

  test('compares errors before the order, and the order where errors are not of both', () => {
    const both = decidePromotion({ mae: 1, ndcg3: 0.1 }, against({ mae: 1, ndcg3: 0.9 }), 0.01);
    expect(both).toMatchObject({ promoted: true, metric: 'mae' });
    const order = decidePromotion({ ndcg3: 0.1, tasks: 5 }, against({ mae: 1, ndcg3: 0.9, tasks: 5 }), 0.01);
    expect(order).toMatchObject({ promoted: false, metric: 'ndcg3' });
  });

  test('leaves versions without a common metric to a person', () => {
    const verdict = decidePromotion({ recall10: 0.5, tasks: 3 }, against({ mae: 1, tasks: 3 }), 0.01);
    expect(verdict).toMatchObject({ promoted: false, metric: null, value: null, margin: null });
    expect(verdict.reason).toMatch(/another aim.*somebody has to decide/);
  });

  test('promotes what too few tasks were stored to measure', () => {
    expect(decidePromotion({}, against({ mae: 1 }), 0.01)).toMatchObject({
      promoted: true,
      reason: expect.stringMatching(/Too few tasks/),
    });
  });

  test.each([
    ['unusable', true],
    ['unmeasured', true],
    ['otherAim', false],
    ['promotedMeanwhile', false],
  ] satisfies [Obstacle, boolean][])('an active version that is %s: %s', (obstacle, promoted) => {
    expect(decidePromotion({ mae: 1 }, { versionId: 7, obstacle }, 0.01)).toMatchObject({
      promoted,
      metric: null,
      reason: expect.stringMatching(/version 7/),
    });
  });
});
