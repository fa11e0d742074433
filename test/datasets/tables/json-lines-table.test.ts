import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { read, readAll, refusal, tableOf } from './table-fixtures.ts';

/** A number is written as an integer with all its digits below 10²¹. */
const longAsText = (_: string, value: unknown) =>
  Number.isInteger(value) && !Number.isSafeInteger(value) && Math.abs(value as number) < 1e21 ? `${value}` : value;

describe('a JSON Lines table', () => {
  test('has the values that were written', async () => {
    const value = fc.oneof(fc.jsonValue(), fc.integer(), fc.maxSafeNat());
    await fc.assert(
      fc.asyncProperty(fc.array(value, { minLength: 1 }), async (values) => {
        const content = values.map((x) => JSON.stringify({ id: 1, x })).join('\r\n');
        const { records, rejects } = await readAll(await tableOf('a.jsonl', content), ['x']);
        expect(rejects).toEqual([]);
        expect(records).toEqual(values.map((x) => [JSON.parse(JSON.stringify(x), longAsText)]));
      }),
      { numRuns: 50 },
    );
  });

  test('has the keys as columns, and paths to inner keys', async () => {
    const content = '{"id": 1, "properties": {"price": 2.5}}\n\n{"id": 2, "a.b": 3, "title": "x"}\n';
    const table = await tableOf('a.jsonl', content);
    expect(table.columns).toEqual(['id', 'properties', 'properties.price', 'a.b', 'title']);
    const { rows, bytes } = await readAll(table, ['properties.price', 'a.b', 'title', 'id']);
    expect(rows.map(({ record, line }) => [line, ...record])).toEqual([
      [1, 2.5, undefined, undefined, 1],
      [3, undefined, 3, 'x', 2],
    ]);
    expect(bytes).toBe(Buffer.byteLength(content));
  });

  test('has no values that objects inherit', async () => {
    const table = await tableOf('a.jsonl', '{"id": 1, "toString": 2}\n{"id": 2}\n{"__proto__": {"id": 3}}');
    expect((await readAll(table, ['id', 'toString'])).records).toEqual([
      [1, 2],
      [2, undefined],
      [undefined, undefined],
    ]);
  });

  test('has integers that a number cannot hold as text with all digits', async () => {
    const content = [
      '{"x": 9007199254740991}',
      '{"x": 9007199254740993}',
      '{"x": [-12345678901234567890, 1.5000000000000000]}',
      '{"x": "12345678901234567890", "x": 1}',
    ].join('\n');
    expect((await readAll(await tableOf('a.jsonl', content), ['x'])).records).toEqual([
      [9007199254740991],
      ['9007199254740993'],
      [['-12345678901234567890', 1.5]],
      [1],
    ]);
  });

  test.each([
    ['invalid JSON', '{"id": 2', /^expected a JSON object, got invalid JSON \(.+\)$/],
    ['invalid JSON with many digits', '{"id": 1234567890123456', /^expected a JSON object, got invalid JSON \(.+\)$/],
    ['an array', '[1]', /^expected a JSON object, got an array$/],
    ['a number', '5', /^expected a JSON object, got 5$/],
    ['null', 'null', /^expected a JSON object, got null$/],
    ['a row of more than 1 MiB', `{"id": "${'x'.repeat(1024 * 1024)}"}`, /^expected a row of at most 1048576 bytes/],
  ])('rejects %s with its line, and reads the next row', async (_, line, reason) => {
    const { records, rejects } = await read('a.jsonl', `{"id": 1}\n${line}\n{"id": 3}\n`);
    expect(records).toEqual([[1], [3]]);
    expect(rejects).toEqual([[2, expect.stringMatching(reason)]]);
  });

  test('is refused if it is an array or one object in several lines, with the command that converts it', async () => {
    const array = await refusal('a.json', '[\n  {"id": 1},\n  {"id": 2}\n]');
    expect(array).toContain('expected a JSON object in each line of a.json, got "[" in line 1');
    expect(array).toContain("jq -c '.[]'");
    expect(await refusal('a.json', '\n[{"id": 1}]')).toContain('got "[{\\"id\\": 1}]" in line 2');
    expect(await refusal('a.json', '{\n  "id": 1\n}')).toContain('got "{" in line 1');
    expect(await refusal('a.csv', 'x,y\n1,2\n', { type: 'jsonl' })).toContain('got "x,y" in line 1');
  });

  test('is refused if a wanted column is missing', async () => {
    const table = await tableOf('a.jsonl', '{"id": 1}\n');
    await expect(readAll(table, ['price'])).rejects.toThrow('expected the column "price" in a.jsonl, got only "id"');
  });
});
