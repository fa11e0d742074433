import { describe, expect, test } from '@jest/globals';
import type { MappingInput } from '../../../src/datasets/mapping/mapping.ts';
import { csv, mapped, readAll, reasons, tableOf } from './table-in-memory.ts';

type ByValue = NonNullable<MappingInput['files'][number]['scenariosByValue']>;

const shopBy = (scenariosByValue: ByValue): MappingInput => ({
  name: 'shop',
  files: [{ file: 'products*.csv', items: { id: 'sku' }, scenariosByValue }],
});

const products = csv(
  'products.csv',
  'sku,brand,tags,name\n1,Nike,shoes|sale,Runner 2019\n2,Nike,sale|shoes|sale,Walker 2020\n3,,shoes,Boot 2021\n4,Asics,,Bag',
);

async function poolsOf(scenariosByValue: ByValue, tables = [products]) {
  const { scenarios } = await readAll(await mapped(shopBy(scenariosByValue), tables));
  return scenarios.map(({ id, title, items }) => [id, title, items.join(' ')]);
}

describe('scenarios by value', () => {
  const brand = { column: 'brand' };
  const tag = { column: 'tags', separator: '|' };

  test('have the items of all rows with a value, and the value as their title', async () => {
    expect(await poolsOf({ item: 'sku', values: { brand, tag } })).toEqual([
      ['brand:Nike', 'Nike', '1 2'],
      ['tag:sale', 'sale', '1 2'],
      ['tag:shoes', 'shoes', '1 2 3'],
      ['brand:Asics', 'Asics', '4'],
    ]);
  });

  test('are made of pairs of values too, in the order of the mapping and then of the alphabet', async () => {
    const pools = await poolsOf({ item: 'sku', values: { tag, brand }, pairs: true, minItems: 2 });
    expect(pools).toEqual([
      ['tag:sale', 'sale', '1 2'],
      ['tag:shoes', 'shoes', '1 2 3'],
      ['brand:Nike', 'Nike', '1 2'],
      ['tag:sale & tag:shoes', 'sale & shoes', '1 2'],
      ['tag:sale & brand:Nike', 'sale Nike', '1 2'],
      ['tag:shoes & brand:Nike', 'shoes Nike', '1 2'],
    ]);
  });

  test('have at least minItems and at most maxItems items, counted over all files', async () => {
    const more = csv('products2.csv', 'sku,brand,tags,name\n5,Asics,,Sock\n5,Asics,,Sock');
    const tables = [products, more];
    expect(await poolsOf({ item: 'sku', values: { brand, tag }, minItems: 2, maxItems: 2 }, tables)).toEqual([
      ['brand:Nike', 'Nike', '1 2'],
      ['tag:sale', 'sale', '1 2'],
      ['brand:Asics', 'Asics', '4 5'],
    ]);
  });

  test('can be of a part of a text, which replacements change', async () => {
    const decade = { column: 'name', pattern: ' (\\d{3})\\d$', replace: [{ pattern: '$', by: '0s' }] };
    expect(await poolsOf({ item: 'sku', values: { decade } })).toEqual([
      ['decade:2010s', '2010s', '1'],
      ['decade:2020s', '2020s', '2 3'],
    ]);
  });

  test('can be of lists and numbers', async () => {
    const lists = tableOf(
      'products.csv',
      ['sku', 'sizes'],
      [
        [1, [41, 42]],
        [2, 42],
        [3, '["42"]'],
        [4, null],
      ],
    );
    expect(await poolsOf({ item: 'sku', values: { size: { column: 'sizes' } } }, [lists])).toEqual([
      ['size:41', '41', '1'],
      ['size:42', '42', '1 2 3'],
    ]);
  });

  test('take the title of a scenario that rows name, whatever its number of items', async () => {
    const mapping: MappingInput = {
      name: 'shop',
      files: [
        { file: 'products.csv', scenariosByValue: { item: 'sku', values: { brand, tag }, minItems: 3 } },
        { file: 'campaigns.csv', scenarios: { id: 'id', title: 'title', item: 'sku' } },
      ],
    };
    const campaigns = csv('campaigns.csv', 'id,title,sku\nbrand:Nike,All of Nike,9');
    const { scenarios } = await readAll(await mapped(mapping, [products, campaigns]));
    expect(scenarios).toEqual([
      { id: 'brand:Nike', title: 'All of Nike', items: ['1', '2', '9'] },
      { id: 'tag:shoes', title: 'shoes', items: ['1', '2', '3'] },
    ]);
  });

  test('reject values that make too long an ID, and count every byte', async () => {
    const long = 'x'.repeat(121);
    const table = csv('products.csv', `sku,brand\n1,${long}\n2,${long.slice(1)}\n3,Nike`);
    const section = { item: 'sku', values: { brand }, pairs: true };
    const dataset = await mapped(shopBy(section), [table]);
    const { scenarios, items, rejects, bytes } = await readAll(dataset);
    expect(bytes).toBe(dataset.bytes);
    expect(scenarios.map(({ items: pool }) => pool)).toEqual([['2'], ['3']]);
    expect(items.map(({ id }) => id)).toEqual(['2', '3']);
    expect(reasons(rejects)).toEqual([
      `products.csv:2 brand: expected values of at most 120 characters, got "${'x'.repeat(79)}…`,
    ]);
  });
});
