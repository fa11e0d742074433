import { describe, expect, test } from '@jest/globals';
import { hideItems } from '../../src/evaluation/ranking-tasks.ts';
import { randomSource } from '../../src/tasks/random.ts';

const history = {
  users: Int32Array.of(7),
  items: Int32Array.of(9, 2, 4, 0, 5),
  labels: new Float32Array(5).fill(1),
};
const hide = (hiddenShare = 0.4) => [...hideItems([history], { items: 12, hiddenShare }, randomSource(3))][0]!;

describe('hideItems', () => {
  test('hides a share of a history among all items outside the support set', () => {
    const { support, candidates, queries } = hide();
    expect(support.items).toHaveLength(3);
    expect([...support.users]).toEqual([7, 7, 7]);
    expect(candidates).toHaveLength(9);
    expect(queries).toHaveLength(1);
    expect(queries[0]?.user).toBe(7);
    const hidden = Array.from(queries[0]?.relevant ?? [], (place) => candidates[place]);
    expect([...support.items, ...hidden].sort()).toEqual([...history.items].sort());
  });

  test('keeps the rest as support set, in the order of the history', () => {
    const { support } = hide();
    expect([...support.items]).toEqual([...history.items].filter((item) => support.items.includes(item)));
  });

  test('hides at least one item', () => {
    expect(hide(0.01).queries[0]?.relevant).toHaveLength(1);
  });
});
