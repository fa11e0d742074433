import { describe, expect, test } from '@jest/globals';
import type { MappingInput } from '../../../src/datasets/mapping/mapping.ts';
import { mapped, readAll, reasons, tableOf } from './table-in-memory.ts';

type Vector = { column: string; kind: 'vector'; width?: number };
const mappingOf = (...features: Vector[]): MappingInput => ({
  name: 'shop',
  files: features.map((text, place) => ({ file: `${place}.jsonl`, items: { id: 'id', features: { text } } })),
});
const vector = (width?: number): Vector => ({ column: 'text', kind: 'vector', ...(width && { width }) });
const table = (place: number, ...vectors: (readonly number[] | null | string)[]) =>
  tableOf(
    `${place}.jsonl`,
    ['id', 'text'],
    vectors.map((text, row) => [`i${place}${row}`, text]),
  );

describe('the width of a vector that a mapping does not state', () => {
  test('is that of the first row that has one, and other rows are rejected', async () => {
    const dataset = await mapped(mappingOf(vector()), [table(0, null, 'broken', [0, 0, 0], [1, 2, 3], [1, 2])]);
    expect(dataset.fields).toEqual([{ entity: 'item', name: 'text', kind: 'vector', width: 3 }]);
    const { items, rejects } = await readAll(dataset);
    expect(items.map(({ features }) => features.text)).toEqual([null, null, [1, 2, 3]]);
    expect(reasons(rejects)[1]).toBe('0.jsonl:6 text: expected a list of 3 numbers, got [1,2]; this list has 2');
  });

  test('is that of another file that states it, or has the feature', async () => {
    const stated = await mapped(mappingOf(vector(), vector(2)), [table(0, [1, 2, 3]), table(1, [1, 2])]);
    expect(stated.fields).toMatchObject([{ width: 2 }]);
    const found = await mapped(mappingOf(vector(), vector()), [table(0, null), table(1, [1, 2])]);
    expect(found.fields).toMatchObject([{ width: 2 }]);
  });

  test('must be stated if no row has the feature, and once', async () => {
    await expect(mapped(mappingOf(vector()), [table(0, null)])).rejects.toMatchObject({
      code: 'INVALID_DATA',
      message: 'expected a vector in the column "text" of at least one row, got none; state "width" in the mapping',
    });
    await expect(mapped(mappingOf(vector(2), vector(3)), [table(0), table(1)])).rejects.toThrow(
      'files: expected one width for the item feature "text", which has 2 and 3',
    );
  });
});
