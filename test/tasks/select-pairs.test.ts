import { describe, expect, test } from '@jest/globals';
import { typeIndex } from '../../src/features/interaction-types.ts';
import { ratingsOf, selectPairs } from '../../src/tasks/select-pairs.ts';

const [rate, view] = [typeIndex('RATE'), typeIndex('VIEW')];
const history = {
  users: Int32Array.of(7),
  items: Int32Array.of(4, 5, 6),
  labels: Float32Array.of(3, 0, 5),
  types: Uint8Array.of(rate, view, rate),
  opinions: Float32Array.of(0, 0.5, 1),
  amounts: Float32Array.of(Number.NaN, 8, Number.NaN),
  times: Float64Array.of(1e12, 2e12, 3e12),
};

describe('selectPairs', () => {
  test('selects from every column, in the given order', () => {
    expect(selectPairs(history, [2, 1])).toEqual({
      users: Int32Array.of(7),
      items: Int32Array.of(6, 5),
      labels: Float32Array.of(5, 0),
      types: Uint8Array.of(rate, view),
      opinions: Float32Array.of(1, 0.5),
      amounts: Float32Array.of(Number.NaN, 8),
      times: Float64Array.of(3e12, 2e12),
    });
  });

  test('selects users and marks of a scenario, and keeps its items', () => {
    const scenario = {
      users: Int32Array.of(1, 2, 3),
      items: Int32Array.of(8, 9, 8),
      labels: Float32Array.of(1, 1, 1),
      heldOut: Uint8Array.of(0, 1, 0),
      candidates: Int32Array.of(8, 9),
    };
    expect(selectPairs(scenario, [1])).toEqual({
      users: Int32Array.of(2),
      items: Int32Array.of(9),
      labels: Float32Array.of(1),
      heldOut: Uint8Array.of(1),
      candidates: Int32Array.of(8, 9),
    });
  });
});

describe('ratingsOf', () => {
  test('returns the ratings, without types', () => {
    expect(ratingsOf(history)).toEqual({
      users: Int32Array.of(7),
      items: Int32Array.of(4, 6),
      labels: Float32Array.of(3, 5),
      times: Float64Array.of(1e12, 3e12),
    });
  });

  test('returns all interactions of a history without types', () => {
    const { users, items, labels } = history;
    expect(ratingsOf({ users, items, labels })).toEqual({ users, items, labels });
  });
});
