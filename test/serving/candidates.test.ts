import { describe, expect, test } from '@jest/globals';
import { ItemTable } from '../../src/live-catalog/item-table.ts';
import { chooseCandidates } from '../../src/serving/candidates.ts';

/** Items whose IDs and numbers of interactions are in no order. Many have the same number. */
function table(rows: number): ItemTable {
  const items = new ItemTable();
  for (let row = 0; row < rows; row++) {
    const id = ((row * 7919) % rows) + 1;
    items.put([id, `i${id}`, 'Item', {}, true, 1, 0, 0]);
    items.setPopularities([[id], [9], [(row * row) % 5]]);
  }
  return items;
}

/** By definition: the most popular, older first, and the newest of the others. */
function expected({ ids, positives }: ItemTable, marks: Uint8Array, max: number, fresh: number): number[] {
  const rows = [...marks.keys()].filter((row) => marks[row] === 1);
  const [id, popularity] = [(row: number) => ids[row] as number, (row: number) => positives[row] as number];
  const popular = rows.toSorted((a, b) => popularity(b) - popularity(a) || id(a) - id(b)).slice(0, max - fresh);
  const others = rows.filter((row) => !popular.includes(row));
  return [...popular, ...others.toSorted((a, b) => id(b) - id(a)).slice(0, fresh)].sort((a, b) => a - b);
}

describe('the candidates of a list', () => {
  const items = table(1000);
  const marks = Uint8Array.from({ length: items.rows }, (_, row) => (row % 3 === 0 ? 0 : 1));

  test.each([
    [100, 0.1, 10],
    [100, 0, 0],
    [100, 1, 100],
    [7, 0.5, 4],
    [1, 0.1, 1],
  ])('are the most popular and the newest items: %d with a share of %d', async (max, freshShare, fresh) => {
    const { rows, ends } = await chooseCandidates(items, marks, { max, freshShare });
    expect([...rows]).toEqual(expected(items, marks, max, fresh));
    // A later page finds them within the same ends.
    expect((await chooseCandidates(items, marks, { max, freshShare }, ends)).rows).toEqual(rows);
  });

  test('are all items if there are not more than the limit', async () => {
    const { rows, ends } = await chooseCandidates(items, marks, { max: 666, freshShare: 0.1 });
    expect([rows.length, ends]).toEqual([666, null]);
  });
});
