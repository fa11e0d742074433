import { describe, expect, test } from '@jest/globals';
import { versionListsTable } from '../../src/cli/version-lists-table.ts';

const [own, knn] = [
  { recall10: 0.11, recall20: 0.2, ndcg20: 0.1234, ndcg100: 0.3, coverage10: 1200 },
  { recall10: 0.1, recall20: 0.1, ndcg20: 0.1, ndcg100: 0.2, coverage10: 9 },
];
const popularity = { recall10: null, recall20: 0.05, ndcg20: 0.04, ndcg100: null, coverage10: null };

describe('versionListsTable', () => {
  test('has a block for each group of metrics, with a column for each measured model', () => {
    const rows = [
      { shown: 0, users: 30, value: own, active: null, popularity, itemKnn: knn },
      { shown: null, users: 30, value: knn, active: null, popularity, itemKnn: knn },
    ];
    expect(versionListsTable(rows)).toEqual([
      '  Recall@20 / NDCG@20',
      '  shown   this version     popularity       item-kNN',
      '  0      0.200 / 0.123  0.050 / 0.040  0.100 / 0.100',
      '  all    0.100 / 0.100  0.050 / 0.040  0.100 / 0.100',
      '  Recall@10 / NDCG@100 / Coverage@10',
      '  shown          this version  popularity           item-kNN',
      '  0      0.110 / 0.300 / 1200   – / – / –  0.100 / 0.200 / 9',
      '  all       0.100 / 0.200 / 9   – / – / –  0.100 / 0.200 / 9',
    ]);
  });
});
