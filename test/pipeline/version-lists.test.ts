import { describe, expect, test } from '@jest/globals';
import { unmeasured } from '../../src/evaluation/measure-by-history.ts';
import { compareWithSimple, tableOfLists } from '../../src/pipeline/version-lists.ts';
import { listsByShown, listsOfRecall } from '../support/lists-by-shown.ts';

const measured = (users: number, recalls: readonly number[]) => ({
  ...unmeasured,
  lists: listsOfRecall(users, recalls),
});
const popularity = measured(20, [0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2]);
const itemKnn = listsOfRecall(20, [0.2, 0.2, 0.3, 0.3, 0.3, 0.3, 0.3]);

describe('compareWithSimple', () => {
  test('compares with popularity and item-kNN from where on popularity is not better', () => {
    const own = measured(20, [0.1, 0.1, 0.2, 0.3, 0.3, 0.3, 0.4]);
    const { servesFrom, listComparisons } = compareWithSimple({ own, popularity, itemKnn, active: undefined });
    expect(servesFrom).toBe(3);
    const recalls = listComparisons.filter(({ metric }) => metric === 'recall20');
    expect(recalls.map(({ rival, value, rivalValue }) => [rival, value, rivalValue])).toEqual([
      ['popularity', expect.closeTo(0.3), expect.closeTo(0.2)],
      ['item-kNN', expect.closeTo(0.3), expect.closeTo(0.3)],
    ]);
    expect(listComparisons).toHaveLength(4);
  });

  test('compares with popularity alone without item-kNN, and with nothing without lists', () => {
    const own = measured(20, [0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2]);
    const models = { own, popularity, itemKnn: undefined, active: undefined };
    expect(new Set(compareWithSimple(models).listComparisons.map(({ rival }) => rival))).toEqual(
      new Set(['popularity']),
    );
    expect(compareWithSimple({ ...models, own: unmeasured })).toEqual({ listComparisons: [] });
  });
});

describe('tableOfLists', () => {
  test('has the metrics of the lists', () => {
    const lists = listsByShown(20, [
      { recall10: 0.1, recall20: 0.2, ndcg20: 0.3, ndcg100: 0.4, coverage10: 50, popularity10: 6, mostListed10: 0.7 },
    ]);
    const [first] = tableOfLists({ own: { ...unmeasured, lists }, popularity, itemKnn, active: undefined }) ?? [];
    expect(first?.value).toEqual({ recall10: 0.1, recall20: 0.2, ndcg20: 0.3, ndcg100: 0.4, coverage10: 50 });
  });

  test('has a row for each number shown, with null for models that were not measured', () => {
    const own = measured(20, [0.1, 0.1, 0.2, 0.3, 0.3, 0.3, 0.4]);
    const rows = tableOfLists({ own, popularity, itemKnn, active: unmeasured });
    expect(rows?.map(({ shown }) => shown)).toEqual([0, 1, 3, 5, 10, 20, null]);
    expect(rows?.at(-1)).toMatchObject({
      ...{ users: 20, value: { recall20: 0.4 }, active: null },
      ...{ popularity: { recall20: 0.2 }, itemKnn: { recall20: 0.3 } },
    });
    expect(tableOfLists({ own: unmeasured, popularity, itemKnn, active: undefined })).toBeUndefined();
  });
});
