import { expect, test } from '@jest/globals';
import { itemNeighbors } from '../../src/factors/item-neighbors.ts';
import { sparseMatrices } from '../../src/factors/sparse-matrix.ts';
import { randomInteractions } from '../support/planted-interactions.ts';

const [users, items, shrinkage] = [40, 15, 2];
const { byUser, byItem } = sparseMatrices(randomInteractions(users, items, 120));
const usersOf = (item: number) => new Set(byItem.columns.subarray(byItem.starts[item], byItem.starts[item + 1]));

function similarity(a: number, b: number): number {
  const [first, second] = [usersOf(a), usersOf(b)];
  const common = [...first].filter((user) => second.has(user)).length;
  return common / (Math.sqrt(first.size * second.size) + shrinkage);
}

test.each([3, items])(
  'keeps the %d most similar items of each item, by brute force over all pairs',
  async (neighbors) => {
    const found = await itemNeighbors({ byUser, shrinkage, neighbors });
    for (let item = 0; item < items; item++) {
      const expected = Array.from({ length: items }, (_, other) => other)
        .filter((other) => other !== item && similarity(item, other) > 0)
        .sort((a, b) => similarity(item, b) - similarity(item, a) || a - b)
        .slice(0, neighbors);
      for (let place = 0; place < neighbors; place++) {
        const at = item * neighbors + place;
        const other = expected[place];
        expect(found.items[at]).toBe(other ?? 0);
        expect(found.similarities[at]).toBeCloseTo(other === undefined ? 0 : similarity(item, other), 6);
      }
    }
  },
);
