import { describe, expect, test } from '@jest/globals';
import type { ListComparison } from '../../src/evaluation/compare-lists.ts';
import { judgeLists } from '../../src/registry/list-rule.ts';
import { decidePromotion } from '../../src/registry/promotion-rule.ts';

const first = decidePromotion({ recall20: 0.2, ndcg20: 0.2 }, null, 0.01);

function comparison(changes: Partial<ListComparison>): ListComparison {
  return {
    ...{ rival: 'item-kNN', metric: 'recall20', users: 100, value: 0.171, rivalValue: 0.15 },
    byShown: [
      { shown: 1, value: 0.12, rivalValue: 0.1 },
      { shown: 5, value: 0.19, rivalValue: 0.2 },
      { shown: 'all', value: 0.203, rivalValue: 0.15 },
    ],
    ...changes,
  };
}

describe('judgeLists', () => {
  test('without comparisons, leaves the verdict as it is', () => {
    expect(judgeLists(first, [])).toEqual(first);
  });

  test('says how much better the lists are, and where they are worse', () => {
    const { promoted, reason } = judgeLists(first, [comparison({})]);
    expect(promoted).toBe(true);
    expect(reason).toBe(
      'No other version was active for this task kind. ' +
        "Its Recall@20, averaged over lists with 1 or more interactions shown, is 0.171, 14% better than item-kNN's 0.150. " +
        'It is worse with 5 (0.190, 5% worse than 0.200) shown.',
    );
  });

  test('advises to promote a version that is worse than item-kNN alone, and no version that is worse than popularity', () => {
    const advice =
      'An admin can promote it. While no version is active, users get popular items, and its lists are at least as good as those. Train the kind itemKnn, or promote it.';
    const [worse, better] = [comparison({ value: 0.14 }), comparison({ rival: 'popularity' })];
    expect(judgeLists(first, [better, worse]).reason.endsWith(advice)).toBe(true);
    const thanBoth = [comparison({ rival: 'popularity', value: 0.14 }), worse];
    for (const comparisons of [thanBoth, [worse]])
      expect(judgeLists(first, comparisons).reason.endsWith('An admin can promote it.')).toBe(true);
  });

  test('names a single number shown once, and twice or more as times', () => {
    const all = comparison({
      value: 0.073,
      rivalValue: 0.016,
      byShown: [{ shown: 'all', value: 0.073, rivalValue: 0.016 }],
    });
    expect(judgeLists(first, [all]).reason).toMatch(
      /\. Its Recall@20 with all interactions shown is 0\.073, 4\.6 times item-kNN's 0\.016\.$/,
    );
    const worse = comparison({ value: 0.1, byShown: [{ shown: 'all', value: 0.1, rivalValue: 0.15 }] });
    expect(judgeLists(first, [worse]).reason).toMatch(
      /is 0\.100, 33\.3% worse than item-kNN's 0\.150\. Such a version never/,
    );
  });

  test.each([
    ['a first version that is worse by a little', { value: 0.1499 }, false],
    ['a version that is as good', { value: 0.15 }, true],
    ['a version that is worse for 19 users', { value: 0.05, users: 19 }, true],
    ['a version that is worse for 20 users', { value: 0.05, users: 20 }, false],
    ['a version whose NDCG@20 is worse', { metric: 'ndcg20', value: 0.1 }, false],
    ['a version that is as good as nothing', { value: 0, rivalValue: 0 }, true],
  ] as const)('%s: promoted %p → %p', (_, changes, promoted) => {
    const better = comparison({ rival: 'popularity' });
    expect(judgeLists(first, [better, comparison(changes)]).promoted).toBe(promoted);
  });

  test('a refusal names the rivals and the numbers, and keeps the compared metric', () => {
    const worse = [
      comparison({ rival: 'popularity', value: 0.1, rivalValue: 0.2 }),
      comparison({ rival: 'popularity', metric: 'ndcg20', value: 0.1, rivalValue: 0.2 }),
      comparison({}),
    ];
    const active = { versionId: 7, metrics: { recall20: 0.1, ndcg20: 0.1 } };
    const verdict = decidePromotion({ recall20: 0.1, ndcg20: 0.1 }, active, 0.01);
    expect(verdict).toMatchObject({ promoted: true, metric: 'recall20' });
    const { reason, ...judged } = judgeLists(verdict, worse);
    expect(judged).toEqual({ promoted: false, metric: 'recall20', value: 0.1, activeValue: 0.1, margin: 0.01 });
    expect(reason).toMatch(/^This version makes worse lists than popularity\. Its Recall@20, averaged .* 50% worse/);
    expect(reason).toMatch(
      /Its NDCG@20.*never becomes active by itself, whatever it was trained for\. An admin can promote it\.$/,
    );
    expect(reason).not.toContain('item-kNN');
  });

  test('does not promote what the promotion rule refuses', () => {
    const active = { versionId: 7, metrics: { recall20: 0.9, ndcg20: 0.1 } };
    const verdict = decidePromotion({ recall20: 0.1, ndcg20: 0.1 }, active, 0.01);
    expect(judgeLists(verdict, [comparison({})])).toMatchObject({ promoted: false, activeValue: 0.9 });
  });
});

describe('decidePromotion of versions that were measured by lists', () => {
  test('compares the mean Recall@20, with the margin', () => {
    const decideOn = (recall20: number) =>
      decidePromotion(
        { recall10: 0.9, recall20, ndcg20: 0.3 },
        { versionId: 7, metrics: { recall10: 0.1, recall20: 0.2, ndcg20: 0.3 } },
        0.01,
      );
    expect(decideOn(0.198)).toMatchObject({ promoted: true, metric: 'recall20', activeValue: 0.2 });
    expect(decideOn(0.1979)).toMatchObject({ promoted: false, metric: 'recall20' });
  });

  test('does not compare the recall of lists with the recall of another measurement', () => {
    const other = { versionId: 7, metrics: { recall10: 0.5, recall20: 0.6 } };
    expect(decidePromotion({ recall20: 0.2, ndcg20: 0.1 }, other, 0.01)).toMatchObject({
      promoted: false,
      metric: null,
      reason: expect.stringContaining('no metric in common'),
    });
    const compared = [{ version: 'the old', strictly: true, metrics: { recall20: 0.1 }, active: {} }];
    const history = { compared, rolledBackTo: null };
    expect(decidePromotion({ recall20: 0.2, ndcg20: 0.1 }, null, 0.01, history)).toMatchObject({ metric: null });
  });
});
