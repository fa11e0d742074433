import { describe, expect, test } from '@jest/globals';
import { inspectTables } from '../../../../src/datasets/mapping/inspect/inspect-tables.ts';
import { parseMapping } from '../../../../src/datasets/mapping/mapping.ts';
import type { Cell } from '../../../../src/datasets/tables/table.ts';
import { mapped, readAll, tableOf } from '../table-in-memory.ts';

const products = (prices: readonly Cell[], file = 'products.csv') =>
  tableOf(
    file,
    ['sku', 'preis'],
    prices.map((price, n) => [`${file}-${n}`, price]),
  );

describe('the guess of numbers', () => {
  test.each([
    [['1.353,22', '12,50', '7', '2.000.000,00'], { decimal: ',', pattern: '\\.' }, [1353.22, 12.5, 7, 2000000]],
    [['1,353.22', '12.50', '-7', '2,000'], { pattern: ',' }, [1353.22, 12.5, -7, 2000]],
    [['1 353,22', '12,50'], { decimal: ',', pattern: "[\\s'’]" }, [1353.22, 12.5]],
    [["1'353.22", '12.50'], { pattern: "[\\s'’]" }, [1353.22, 12.5]],
  ])('reads %j as numbers with separators of thousands', async (prices, { pattern, ...format }, numbers) => {
    const table = products(prices);
    const { mapping } = await inspectTables([table]);
    const replace = [{ pattern, by: '' }];
    expect(mapping.files[0]?.items?.features).toEqual({
      preis: { column: 'preis', kind: 'numeric', ...format, replace },
    });
    const { items, rejects } = await readAll(await mapped(mapping, [table]));
    expect(items.map(({ features }) => features.preis)).toEqual(numbers);
    expect(rejects).toEqual([]);
  });

  test('says that a point or a comma before three digits can be a separator of thousands', async () => {
    const ambiguous = await inspectTables([products(['1.353', '2.100', '12'])]);
    expect(ambiguous.notes).toContain(
      'products.csv: "preis" is read as a number with decimals, such as 1.353 for 1.353; if the numbers have separators of thousands, state "replace": [{ "pattern": "\\\\.", "by": "" }] for it.',
    );
    const clear = await inspectTables([products(['1.353', '2.1'])]);
    expect(clear.notes.filter((note) => note.includes('thousands'))).toEqual([]);
  });

  test('replaces nothing in a column that also has numbers, whose points would be lost', async () => {
    const { mapping } = await inspectTables([products([12.125, '1.353,22', '1.353,22'])]);
    expect(mapping.files[0]?.items?.features?.preis).not.toHaveProperty('replace');
  });

  test('says that it splits texts at commas', async () => {
    const { mapping, notes } = await inspectTables([products(['1,2', '2,3,1', '1,2'])]);
    expect(mapping.files[0]?.items?.features).toEqual({
      preis: { column: 'preis', kind: 'multiValued', separator: ',' },
    });
    expect(notes).toContain(
      'products.csv: "preis" is read as lists, split at each comma; state "pattern" and "decimal" if it has prices.',
    );
  });
});

describe('a feature of several files', () => {
  test.each([
    [['9,50', '3,20'], ['1,2', '2,3,1', '2'], 'multiValued'],
    [['9', '10'], ['cheap', 'cheap', 'dear'], 'categorical'],
    [['2024-01-31', '2024-02-01'], ['soon', 'soon'], 'categorical'],
  ])('gets one kind for %j and %j, and a note says so', async (first, second, kind) => {
    const tables = [products(first, 'a-products.csv'), products(second, 'b-products.csv')];
    const { mapping, notes } = await inspectTables(tables);
    expect(() => parseMapping(mapping)).not.toThrow();
    expect(mapping.files.map(({ items }) => items?.features?.preis?.kind)).toEqual([kind, kind]);
    expect(notes.filter((note) => note.includes(`it is read as ${kind} in all files`))).toHaveLength(1);
    const { rejects } = await readAll(await mapped(mapping, tables));
    expect(rejects).toEqual([]);
  });

  test('stays in the first file if its vectors fit no other file', async () => {
    const list = (width: number) => Array.from({ length: width }, (_, n) => n / 7);
    const tables = [products([list(8), list(8)], 'a-products.csv'), products([list(9), list(9)], 'b-products.csv')];
    const { mapping, notes } = await inspectTables(tables);
    expect(mapping.files.map(({ items }) => Object.keys(items?.features ?? {}))).toEqual([['preis'], []]);
    expect(notes).toContain(
      'The feature "preis" of items seems to be vector of width 8 in a-products.csv and vector of width 9 in b-products.csv. A feature has one kind, so only the first file keeps it; check its columns, or give one of them another name.',
    );
  });
});
