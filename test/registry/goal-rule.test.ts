import { describe, expect, test } from '@jest/globals';
import { decideBetweenGoals } from '../../src/registry/goal-rule.ts';
import { decidePromotion } from '../../src/registry/promotion-rule.ts';

const listed = (recall20: number) => ({ recall20, ndcg20: 0.5 });
const lists = (own: number, active: number) => ({ own: listed(own), active: listed(active) });
const otherGoal = { versionId: 7, obstacle: 'otherGoal' } as const;
const ranks = { recall10: 0.4, recall20: 0.9 };

describe('decideBetweenGoals', () => {
  test('compares the lists of versions that have no metric in common, with the margin', () => {
    const decideOn = (own: number) =>
      decideBetweenGoals({ metrics: ranks, incumbent: otherGoal, lists: lists(own, 0.2) }, 0.01);
    expect(decideOn(0.198)).toEqual({
      ...{ promoted: true, metric: 'recall20', value: 0.198, activeValue: 0.2, margin: 0.01 },
      reason:
        'The active version 7 was trained for a different goal, so the lists of both are compared. ' +
        "This version's recall20 on held-out tasks is 0.1980, at most 1% worse than the 0.2000 of the active version 7.",
    });
    expect(decideOn(0.1979)).toMatchObject({ promoted: false, metric: 'recall20' });
  });

  test.each([
    ['ratings beside positives', { mae: 0.8 }, ranks],
    ['lists beside ratings', listed(0.3), { mae: 0.8 }],
    ['positives beside lists', ranks, listed(0.3)],
  ])('compares lists if the metrics are of %s', (_, metrics, active) => {
    const incumbent = { versionId: 7, metrics: active };
    expect(decideBetweenGoals({ metrics, incumbent, lists: lists(0.3, 0.2) }, 0.01)).toMatchObject({
      ...{ promoted: true, metric: 'recall20', value: 0.3, activeValue: 0.2 },
    });
  });

  test('needs lists of both', () => {
    for (const only of [
      { own: undefined, active: listed(0.2) },
      { own: listed(0.3), active: undefined },
    ]) {
      expect(decideBetweenGoals({ metrics: ranks, incumbent: otherGoal, lists: only }, 0.01)).toEqual(
        decidePromotion(ranks, otherGoal, 0.01),
      );
    }
  });

  test('after a rollback, the version must be better', () => {
    const history = { compared: [], rolledBackTo: 7 };
    const decideOn = (own: number) =>
      decideBetweenGoals({ metrics: ranks, incumbent: otherGoal, lists: lists(own, 0.2) }, 0.01, history);
    expect(decideOn(0.2).promoted).toBe(false);
    expect(decideOn(0.2001).promoted).toBe(true);
  });

  test.each([
    ['of the same goal', { mae: 0.8 }, { versionId: 7, metrics: { mae: 0.9 } }],
    ['not measured', {}, { versionId: 7, metrics: { mae: 0.9 } }],
    ['beside none', { mae: 0.8 }, null],
    ['beside one of other tasks', { mae: 0.8 }, { versionId: 7, obstacle: 'otherTasks' }],
  ] as const)('decides as the promotion rule if a version is %s', (_, metrics, incumbent) => {
    expect(decideBetweenGoals({ metrics, incumbent, lists: lists(0.1, 0.2) }, 0.01)).toEqual(
      decidePromotion(metrics, incumbent, 0.01),
    );
  });
});
