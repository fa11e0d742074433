import { describe, expect, test } from '@jest/globals';
import type { MappingInput } from '../../../src/datasets/mapping/mapping.ts';
import { csv, damaged, mapped, readAll, reasons, tableOf } from './table-in-memory.ts';

const shop: MappingInput = {
  name: 'shop',
  files: [
    {
      file: 'customers.csv',
      users: { id: 'customer_id', features: { country: { column: 'country', kind: 'categorical' } } },
    },
    {
      file: 'products*.csv.gz',
      items: {
        id: 'sku',
        title: 'name',
        features: {
          tags: { column: 'tags', kind: 'multiValued', separator: '|' },
          price: { column: 'price', kind: 'numeric' },
          year: { column: 'name', kind: 'numeric', pattern: '\\((\\d{4})\\)$' },
        },
      },
    },
    { file: 'campaigns.csv', scenarios: { id: 'campaign', title: 'name', item: 'sku' } },
    {
      file: 'events*.jsonl',
      interactions: {
        user: 'user',
        item: 'product.sku',
        scenario: 'campaign',
        type: { column: 'event', values: { view: 'VIEW', cart: 'CLICK', buy: 'PURCHASE', scroll: 'IGNORE' } },
        time: { column: 'at' },
      },
    },
  ],
};

const customers = csv('customers.csv', 'customer_id,country\n0007,DE\nanna-é,');
const products = csv(
  'products-1.csv.gz',
  'sku,name,tags,price\nSKU/ä-001 (blue),Blue lamp (2019),lamp|home|lamp,12.5\nb,Mug,,',
);
const campaigns = csv('campaigns.csv', 'campaign,name,sku\nsummer,Summer,b\nsummer,,SKU/ä-001 (blue)\nwinter,,b');
const events = tableOf(
  'events-2024.jsonl',
  ['user', 'product', 'campaign', 'event', 'at'],
  [
    ['0007', { sku: 'b' }, 'summer', 'view', '2024-05-31T18:30:00Z'],
    ['0007', { sku: 'b' }, null, 'cart', '2024-05-31T20:31:00+02:00'],
    ['anna-é', { sku: 'b' }, undefined, 'buy', '2024-06-01 08:00:00'],
    [null, {}, undefined, 'scroll', 'never'],
  ],
);

describe('the availability of items', () => {
  const items = { id: 'sku', available: 'in_stock' };

  test('is the last one that a row states, and is missing if none does', async () => {
    const mapping = { name: 'stock', files: [{ file: 'stock*.csv', items }] };
    const dataset = await mapped(mapping, [
      csv('stock-1.csv', 'sku,in_stock\na,true\nb,false\nc,'),
      csv('stock-2.csv', 'sku,in_stock\na,false\nb,\nd,maybe'),
    ]);
    const read = await readAll(dataset);
    expect(read.items).toEqual([
      { id: 'a', title: 'a', features: {}, available: false },
      { id: 'b', title: 'b', features: {}, available: false },
      { id: 'c', title: 'c', features: {} },
    ]);
    expect(reasons(read.rejects)).toEqual([
      'stock-2.csv:4 in_stock: expected true or false, got "maybe"; state "replace" for the texts that mean them',
    ]);
  });

  test('is what the mapping makes of a text', async () => {
    const replace = [
      { pattern: '^(auf Lager|[1-9].*)$', by: 'true' },
      { pattern: '^(ausverkauft|0)$', by: 'false' },
    ];
    const available = { column: 'in_stock', pattern: '^Bestand: (.*)$', replace, missing: ['', '?'] };
    const stock = ['a,Bestand: auf Lager', 'b,Bestand: 12', 'c,Bestand: 0', 'd,Bestand: ?', 'e,', 'f,Bestand: bald'];
    const { items: read, rejects } = await readAll(
      await mapped({ name: 'stock', files: [{ file: 's.csv', items: { id: 'sku', available } }] }, [
        csv('s.csv', ['sku,in_stock', ...stock].join('\n')),
      ]),
    );
    expect(read.map((item) => item.available)).toEqual([true, true, false, undefined, undefined]);
    expect(reasons(rejects)).toEqual([
      's.csv:7 in_stock: expected true or false, got "bald"; state "replace" for the texts that mean them',
    ]);
  });

  test('has times in any format and any year, or none, once the mapping has the column of one', async () => {
    const timed = {
      id: 'sku',
      availableFrom: { column: 'from', format: 'dd.MM.yyyy HH:mm', zone: 'Europe/Berlin' },
      availableUntil: { column: 'until', missing: ['', 'never'] },
    };
    const mapping = { name: 'news', files: [{ file: 'news*.csv', items: timed }] };
    const dataset = await mapped(mapping, [
      csv('news-1.csv', 'sku,from,until\na,31.05.2024 20:30,0001-01-02\nb,,9999-12-31T23:59:59Z\nc,,never\nd,,soon'),
      csv('news-2.csv', 'sku,from,until\nc,01.01.2090 01:00,\na,,0050-01-01'),
    ]);
    const read = await readAll(dataset);
    const times = (from: string | null, until: string | null) => ({
      availableFrom: from && new Date(from),
      availableUntil: until && new Date(until),
    });
    expect(read.items).toEqual([
      { id: 'a', title: 'a', features: {}, ...times('2024-05-31T18:30:00Z', '0050-01-01T00:00:00Z') },
      { id: 'b', title: 'b', features: {}, ...times(null, '9999-12-31T23:59:59Z') },
      { id: 'c', title: 'c', features: {}, ...times('2090-01-01T00:00:00Z', null) },
    ]);
    expect(reasons(read.rejects)).toEqual([
      expect.stringContaining('news-1.csv:5 until: expected a time such as 2024-05-31T18:30:00Z, got "soon"'),
    ]);
  });
});

test('the titles of items and scenarios have the replacements of the mapping, one after the other', async () => {
  const titleOf = (column: string) => ({
    column,
    missing: ['', 'untitled'],
    replace: [
      { pattern: '^(.*), (The|A)$', by: '$2 $1' },
      { pattern: '_', by: ' ' },
    ],
  });
  const mapping = {
    name: 'books',
    files: [
      { file: 'books.csv', items: { id: 'isbn', title: titleOf('name') } },
      { file: 'shelves.csv', scenarios: { id: 'shelf', title: titleOf('shelf'), item: 'isbn' } },
    ],
  };
  const dataset = await mapped(mapping, [
    tableOf(
      'books.csv',
      ['isbn', 'name'],
      [
        ['1', 'Old_Red_Ferry, The'],
        ['2', 'untitled'],
        ['3', 1984],
      ],
    ),
    csv('shelves.csv', 'shelf,isbn\nstaff_picks,1'),
  ]);
  const { items, scenarios } = await readAll(dataset);
  expect(items.map(({ title }) => title)).toEqual(['The Old Red Ferry', '2', '1984']);
  expect(scenarios.map(({ id, title }) => [id, title])).toEqual([['staff_picks', 'staff picks']]);
});

describe('openMapping', () => {
  test('reads a shop with customers, products, campaigns and events', async () => {
    const dataset = await mapped(shop, [customers, products, campaigns, events]);
    expect(dataset.name).toBe('shop');
    expect(dataset.fields).toEqual([
      { entity: 'user', name: 'country', kind: 'categorical' },
      { entity: 'item', name: 'tags', kind: 'multiValued' },
      { entity: 'item', name: 'price', kind: 'numeric' },
      { entity: 'item', name: 'year', kind: 'numeric' },
    ]);
    const { rejects, bytes, ...records } = await readAll(dataset);
    expect(rejects).toEqual([]);
    expect(bytes).toBe(dataset.bytes);
    expect(records).toEqual({
      users: [
        { id: '0007', features: { country: 'DE' } },
        { id: 'anna-é', features: { country: null } },
      ],
      items: [
        {
          id: 'SKU/ä-001 (blue)',
          title: 'Blue lamp (2019)',
          features: { tags: ['lamp', 'home'], price: 12.5, year: 2019 },
        },
        { id: 'b', title: 'Mug', features: { tags: null, price: null, year: null } },
      ],
      scenarios: [
        { id: 'summer', title: 'Summer', items: ['b', 'SKU/ä-001 (blue)'] },
        { id: 'winter', title: 'winter', items: ['b'] },
      ],
      interactions: [
        interaction('0007', 'b', 'VIEW', '2024-05-31T18:30:00Z', 'summer'),
        interaction('0007', 'b', 'CLICK', '2024-05-31T18:31:00Z'),
        interaction('anna-é', 'b', 'PURCHASE', '2024-06-01T08:00:00Z'),
      ],
    });
  });

  test('converts ratings linearly to the scale of the platform, and refuses ratings outside their own', async () => {
    const dataset = await mapped({ ...ratings, ratingScale: { minimum: 0, maximum: 10 } }, [
      csv('r.csv', 'who,what,stars\na,x,0\na,y,5\na,z,10\nb,x,11\nb,y,'),
    ]);
    const { interactions, rejects } = await readAll(dataset);
    expect(interactions.map(({ value }) => value)).toEqual([1, 3, 5]);
    expect(reasons(rejects)).toEqual([
      'r.csv:5 stars: expected a rating from 0 to 10, got "11"',
      'r.csv:6 stars: expected a rating from 0 to 10, got none',
    ]);
  });

  test.each([
    [{ minimum: 1, maximum: 5 }, '4.5'],
    [{ minimum: 1, maximum: 5, step: 1 }, '5'],
    [{ minimum: -1, maximum: 1 }, '0.5'],
    [{ minimum: 0, maximum: 100 }, '12.5'],
  ])('gives an example on the scale %j for a rating that is no number', async (ratingScale, example) => {
    const dataset = await mapped({ ...ratings, ratingScale }, [csv('r.csv', 'who,what,stars\na,x,abc')]);
    const { rejects } = await readAll(dataset);
    expect(reasons(rejects)).toEqual([`r.csv:2 stars: expected a rating such as ${example}, got "abc"`]);
  });

  test('refuses ratings between the steps of their scale, however their decimals are rounded', async () => {
    const tenths = Array.from({ length: 11 }, (_, index) => `a,x,${(index / 10).toFixed(1)}`);
    const dataset = await mapped({ ...ratings, ratingScale: { minimum: 0, maximum: 1, step: 0.1 } }, [
      csv('r.csv', ['who,what,stars', ...tenths, 'a,y,0.25', 'a,y,'].join('\n')),
    ]);
    const { interactions, rejects } = await readAll(dataset);
    expect(interactions).toHaveLength(11);
    expect(reasons(rejects)).toEqual([
      'r.csv:13 stars: expected a rating from 0 to 1 in steps of 0.1, got "0.25"',
      'r.csv:14 stars: expected a rating from 0 to 1 in steps of 0.1, got none',
    ]);
  });

  test('refuses ratings outside the platform’s scale if the mapping has none', async () => {
    const dataset = await mapped(ratings, [csv('r.csv', 'who,what,stars\na,x,0.5\na,y,4.5')]);
    const { interactions, rejects } = await readAll(dataset);
    expect(interactions.map(({ value }) => value)).toEqual([4.5]);
    expect(reasons(rejects)).toEqual(['r.csv:2 stars: expected a rating from 1 to 5, got "0.5"']);
  });

  test('names the column, the value and what is expected in each reject of swapped and damaged columns', async () => {
    const dataset = await mapped(shop, [
      csv('customers.csv', 'customer_id,country\n 7,DE\n,DE'),
      csv('products.csv.gz', 'sku,name,tags,price\na,Lamp,home,12 kg\nb,Mug,home,12;5'),
      campaigns,
      tableOf(
        'events.jsonl',
        ['user', 'product', 'campaign', 'event', 'at'],
        [
          ['2024-05-31', { sku: 'b' }, null, 'view', 'u1'],
          ['u1', { name: 'b' }, null, 'view', '2024-05-31'],
          ['u1', { sku: 'b' }, null, 'wishlist', '2024-05-31'],
          ['u1', { sku: 'b' }, null, 'view', 1717180200],
          ['u1', { sku: 'b' }, null, 'view', '2024-02-30'],
          ['u1', { sku: 'b' }, null, 'view', '2924-02-20'],
        ],
      ),
    ]);
    expect(reasons((await readAll(dataset)).rejects)).toEqual([
      'customers.csv:2 customer_id: expected an ID without spaces around it, got " 7"',
      'customers.csv:3 customer_id: expected an ID: a text or a whole number, got none',
      'products.csv.gz:2 price: expected a number such as 12.5, got "12 kg"; state a "pattern" whose group is the number if there is more than a number',
      'products.csv.gz:3 price: expected a number such as 12.5, got "12;5"; state a "pattern" whose group is the number if there is more than a number',
      'events.jsonl:2 at: expected a time such as 2024-05-31T18:30:00Z, got "u1"; state the "format" of the times if it is another',
      'events.jsonl:3 product.sku: expected an ID: a text or a whole number, got none',
      'events.jsonl:4 event: expected one of view, cart, buy, scroll, got "wishlist"; add the value to "values" of the mapping',
      'events.jsonl:5 at: expected a time such as 2024-05-31T18:30:00Z, got 1717180200; state "format": "seconds" if these are seconds since 1970',
      'events.jsonl:6 at: expected a time such as 2024-05-31T18:30:00Z, got "2024-02-30"; state the "format" of the times if it is another',
      'events.jsonl:7 at: expected a time from 1970 to one day from now, got "2924-02-20"',
    ]);
  });

  test('names the columns that a file lacks, those that it has, and the one that is probably meant', async () => {
    const wrong = csv('customers.csv', 'customerId,land\n7,DE');
    await expect(mapped(shop, [wrong, products, campaigns, events])).rejects.toMatchObject({
      code: 'INVALID_DATA',
      message:
        'expected the columns "customer_id" (did you mean "customerId"?), "country" in customers.csv, got the columns customerId, land; correct the mapping or the file',
    });
  });
});

describe('the rows of one user or item', () => {
  const people: MappingInput = {
    name: 'people',
    files: [
      {
        file: 'people*.csv',
        users: {
          id: 'id',
          features: {
            town: { column: 'town', kind: 'categorical' },
            age: { column: 'age', kind: 'numeric', missing: ['', 'N/A'] },
          },
        },
      },
      { file: 'more.csv', users: { id: 'id', features: { job: { column: 'job', kind: 'categorical' } } } },
    ],
  };
  const more = csv('more.csv', 'id,job\na,baker');

  test('are merged over all files, and a later value replaces an earlier one unless it is missing', async () => {
    const tables = [csv('people1.csv', 'id,town,age\na,Rome,30\nb,Oslo,N/A'), csv('people2.csv', 'id,town,age\na,,31')];
    const { users } = await readAll(await mapped(people, [...tables, more]));
    expect(users).toEqual([
      { id: 'a', features: { town: 'Rome', age: 31, job: 'baker' } },
      { id: 'b', features: { town: 'Oslo', age: null, job: null } },
    ]);
  });

  test('make a user incomplete if one of them is rejected', async () => {
    const tables = [csv('people.csv', 'id,town,age\na,Rome,30\nb,Oslo,N/A\na,Bonn,old'), more];
    const { users, rejects } = await readAll(await mapped(people, tables));
    expect(users).toEqual([
      { id: 'a', features: { town: 'Rome', age: 30, job: 'baker' }, incomplete: true },
      { id: 'b', features: { town: 'Oslo', age: null, job: null } },
    ]);
    expect(reasons(rejects)).toEqual(['people.csv:4 age: expected a number such as 12.5, got "old"']);
  });

  test('make users incomplete that have no row in a file with a damaged row', async () => {
    const people1 = tableOf('people.csv', ['id', 'town', 'age'], [['a', 'Rome', '30'], damaged, ['c', 'Bonn', '5']]);
    const { users } = await readAll(await mapped(people, [people1, csv('more.csv', 'id,job\na,baker\nb,cook')]));
    expect(users.map(({ id, incomplete = false }) => [id, incomplete])).toEqual([
      ['a', false],
      ['c', false],
      ['b', true],
    ]);
  });

  test('make all users incomplete if a file has a damaged row and several rows of a user', async () => {
    const rows = [['a', 'Rome', '30'], damaged, ['a', 'Bonn', '5'], ['c', 'Bonn', '5']] as const;
    const { users } = await readAll(await mapped(people, [tableOf('people.csv', ['id', 'town', 'age'], rows), more]));
    expect(users.map(({ incomplete }) => incomplete)).toEqual([true, true]);
  });
});

describe('a row that repeats an ID of its file', () => {
  const catalog = (onRepeatedId?: 'merge' | 'reject'): MappingInput => ({
    name: 'catalog',
    files: [
      {
        file: 'items*.csv',
        users: { id: 'maker' },
        items: {
          id: 'sku',
          onRepeatedId,
          title: 'name',
          features: { color: { column: 'color', kind: 'categorical' } },
        },
      },
    ],
  });
  const tables = [
    csv('items1.csv', 'maker,sku,name,color\nm,a,Lamp,red\nm,b,Mug,blue\nn,a,Vase,green'),
    csv('items2.csv', 'maker,sku,name,color\nm,a,,white'),
  ];

  test('is rejected in all sections if the mapping says so, and a row of another file is merged', async () => {
    const { items, users, rejects } = await readAll(await mapped(catalog('reject'), tables));
    expect(items).toEqual([
      { id: 'a', title: 'Lamp', features: { color: 'white' }, incomplete: true },
      { id: 'b', title: 'Mug', features: { color: 'blue' } },
    ]);
    expect(users).toEqual([{ id: 'm', features: {} }]);
    expect(reasons(rejects)).toEqual(['items1.csv:4 sku: expected each ID in one row, got "a"; line 2 has it too']);
  });

  test('is merged otherwise', async () => {
    const { items, rejects } = await readAll(await mapped(catalog(), tables));
    expect(items[0]).toEqual({ id: 'a', title: 'Vase', features: { color: 'white' } });
    expect(rejects).toEqual([]);
  });

  test('is not one that repeats the ID of a rejected row', async () => {
    const mapping: MappingInput = {
      name: 'people',
      files: [
        {
          file: 'people.csv',
          users: { id: 'id', onRepeatedId: 'reject', features: { age: { column: 'age', kind: 'numeric' } } },
        },
      ],
    };
    const { users, rejects } = await readAll(await mapped(mapping, [csv('people.csv', 'id,age\na,old\na,30')]));
    expect(users).toEqual([{ id: 'a', features: { age: 30 }, incomplete: true }]);
    expect(reasons(rejects)).toEqual(['people.csv:2 age: expected a number such as 12.5, got "old"']);
  });
});

describe('a row with several sections', () => {
  const log: MappingInput = {
    name: 'log',
    files: [
      {
        file: 'log.csv',
        users: { id: 'user' },
        items: { id: 'song', features: { length: { column: 'length', kind: 'numeric' } } },
        interactions: { user: 'user', item: 'song', type: 'VIEW' },
      },
    ],
  };

  test('says something in each', async () => {
    const { users, items, interactions } = await readAll(
      await mapped(log, [csv('log.csv', 'user,song,length\na,x,200')]),
    );
    expect(users).toEqual([{ id: 'a', features: {} }]);
    expect(items).toEqual([{ id: 'x', title: 'x', features: { length: 200 } }]);
    expect(interactions).toEqual([{ userId: 'a', itemId: 'x', value: null, time: null, type: 'VIEW' }]);
  });

  test('is reported once and says nothing if one of them cannot be read', async () => {
    const rows = [['a', 'x', 'long'], damaged, ['', 'y', '200'], ['b', 'z', '100'], ['c', ' ', '1']] as const;
    const result = await readAll(await mapped(log, [tableOf('log.csv', ['user', 'song', 'length'], rows)]));
    expect(reasons(result.rejects)).toEqual([
      'log.csv:3 expected a closing quote, got none',
      'log.csv:4 user: expected an ID: a text or a whole number, got none',
      'log.csv:2 length: expected a number such as 12.5, got "long"',
      'log.csv:6 song: expected an ID without spaces around it, got " "',
    ]);
    expect(result.users.map(({ id }) => id)).toEqual(['b']);
    expect(result.items.map(({ id }) => id)).toEqual(['z']);
    expect(result.interactions.map(({ userId }) => userId)).toEqual(['b']);
  });
});

const ratings: MappingInput = {
  name: 'ratings',
  files: [{ file: 'r.csv', interactions: { user: 'who', item: 'what', type: 'RATE', value: { column: 'stars' } } }],
};

function interaction(userId: string, itemId: string, type: string, time: string, scenarioId?: string) {
  return { userId, itemId, value: null, time: new Date(time), type, ...(scenarioId ? { scenarioId } : {}) };
}
