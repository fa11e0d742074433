import { describe, expect, test } from '@jest/globals';
import { dataSnapshotOf } from '../../src/registry/data-snapshot.ts';
import { barsOf, evaluationOf, namedMetrics } from '../../src/registry/version-evaluation.ts';

test('a version from before the records has no evaluation and no snapshot', () => {
  expect(evaluationOf({ evaluation: {} })).toBeUndefined();
  expect(dataSnapshotOf({ dataSnapshot: null })).toBeNull();
});

describe('evaluationOf', () => {
  const none = { value: {}, unadapted: {}, active: {}, popularity: {} };
  const evaluation = { activeVersionId: null, overall: none, byHistory: [] };
  const older = { recall20: 0.25, ndcg20: 0.125 };
  const metrics = { ...older, recall10: 0.2, ndcg100: 0.3, coverage10: 40 };
  const lists = [
    { shown: 0, users: 30, value: metrics, active: null, popularity: metrics, itemKnn: null },
    { shown: null, users: 30, value: metrics, active: metrics, popularity: metrics, itemKnn: metrics },
  ];

  test('reads the lists as they were stored', () => {
    const stored = JSON.parse(JSON.stringify({ ...evaluation, lists }));
    expect(evaluationOf({ evaluation: stored })).toEqual({ ...evaluation, lists });
  });

  test('reads lists that lack the metrics that were added later', () => {
    const stored = { ...evaluation, lists: [{ ...lists[0], value: older, popularity: older }] };
    const read = { ...older, recall10: null, ndcg100: null, coverage10: null };
    expect(evaluationOf({ evaluation: stored })?.lists).toEqual([{ ...lists[0], value: read, popularity: read }]);
  });

  test('reads an evaluation without lists', () => {
    expect(evaluationOf({ evaluation })).toEqual(evaluation);
  });

  test('refuses lists without the metrics of popularity', () => {
    const stored = JSON.parse(JSON.stringify({ ...evaluation, lists: [{ ...lists[0], popularity: null }] }));
    expect(evaluationOf({ evaluation: stored })).toBeUndefined();
  });
});

test('namedMetrics has no counts, in the order of the bars', () => {
  expect(namedMetrics({ tasks: 9, recall10: 0.3, queries: 70, mae: 0 })).toEqual([
    { name: 'mae', value: 0 },
    { name: 'recall10', value: 0.3 },
  ]);
});

describe('barsOf', () => {
  test('has every metric that any model has, null for missing values, and no counts', () => {
    const compared = {
      value: { ndcg3: 0.8, mae: 0.7, tasks: 150 },
      unadapted: { ndcg3: 0.6, mae: 0.9, tasks: 150 },
      active: {},
      popularity: { ndcg3: 0.5, tasks: 150, queries: 150 },
    };
    expect(barsOf(compared)).toEqual([
      { metric: 'mae', higherIsBetter: false, value: 0.7, unadapted: 0.9, active: null, popularity: null },
      { metric: 'ndcg3', higherIsBetter: true, value: 0.8, unadapted: 0.6, active: null, popularity: 0.5 },
    ]);
  });

  test('is empty without metrics', () => {
    expect(barsOf({ value: {}, unadapted: {}, active: {}, popularity: {} })).toEqual([]);
  });
});
