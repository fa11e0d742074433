import { beforeAll, describe, expect, test } from '@jest/globals';
import { declaredFields } from '../../src/catalog/feature-fields.ts';
import { checkItemFilter, type FeatureCondition, type ItemFilter } from '../../src/catalog/item-filter.ts';
import { listItems } from '../../src/catalog/items.ts';
import type { FeatureField } from '../../src/features/feature-schema.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { runSql } from '../support/run-sql.ts';
import { smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';

const quoted = `it's "a" \\ $1 ?|; DROP`;
const unicode = 'Größe 🎬';

const features: Record<string, Record<string, string | readonly string[] | number | null>> = {
  plain: {},
  nulls: { genres: null, maker: null, length: null },
  drama: { genres: ['drama'], maker: 'A', length: 90 },
  mixed: { genres: ['drama', 'comedy'], maker: 'B', length: 100.5 },
  empty: { genres: [], maker: '', length: 0 },
  minus: { genres: ['comedy'], maker: 'a', length: -1e15 },
  odd: { genres: [quoted, unicode], maker: quoted, length: 1e15, [quoted]: 'x', [unicode]: 3, '5': 'five' },
};

describe('checkItemFilter', () => {
  const db = testDatabase();

  beforeAll(async () => {
    const items = Object.entries(features).map(([id, known]) => ({ id, title: id, features: known }));
    const declared = [
      { entity: 'item', name: 'genres', kind: 'multiValued' },
      { entity: 'item', name: 'maker', kind: 'categorical' },
      { entity: 'item', name: 'length', kind: 'numeric' },
      { entity: 'item', name: quoted, kind: 'categorical' },
      { entity: 'item', name: unicode, kind: 'numeric' },
      { entity: 'item', name: '5', kind: 'categorical' },
      { entity: 'user', name: 'age', kind: 'numeric' },
    ] as const;
    await loadDataset(db.pool, smallDataset({ items, fields: declared }), { ratingScale: { minimum: 1, maximum: 5 } });
    fields = await declaredFields(db.database);
    await db.database.item.create({
      data: { externalId: 'gone', title: 'gone', features: features.drama as object, available: false },
    });
  });

  let fields: readonly FeatureField[];
  const passing = async (filter: ItemFilter) =>
    (await listItems(db.database, 100, 0, filter)).map(({ externalId }) => externalId);
  const all = Object.keys(features);

  test.each<[string, NonNullable<ItemFilter['features']>, readonly string[]]>([
    ['an empty list of conditions', [], all],
    ['a value of a multi-valued feature', [{ feature: 'genres', in: ['drama'] }], ['drama', 'mixed']],
    ['any of several values', [{ feature: 'genres', in: ['comedy', unicode, 'none'] }], ['mixed', 'minus', 'odd']],
    [
      'an excluded value of a multi-valued feature',
      [{ feature: 'genres', notIn: ['drama'] }],
      ['plain', 'nulls', 'empty', 'minus', 'odd'],
    ],
    [
      'included and excluded values of one feature',
      [{ feature: 'genres', in: ['drama'], notIn: ['comedy'] }],
      ['drama'],
    ],
    ['a category, and distinguishes upper and lower case', [{ feature: 'maker', in: ['A', 'B'] }], ['drama', 'mixed']],
    ['the empty category, which is not a missing value', [{ feature: 'maker', in: [''] }], ['empty']],
    ['excluded categories', [{ feature: 'maker', notIn: ['A', ''] }], ['plain', 'nulls', 'mixed', 'minus', 'odd']],
    ['inclusive bounds', [{ feature: 'length', atLeast: 90, atMost: 100.5 }], ['drama', 'mixed']],
    ['a lower bound', [{ feature: 'length', atLeast: 0 }], ['drama', 'mixed', 'empty', 'odd']],
    ['an upper bound', [{ feature: 'length', atMost: 0 }], ['empty', 'minus']],
    ['a bound with a fraction', [{ feature: 'length', atLeast: 90.25, atMost: 1e14 }], ['mixed']],
    ['a very large bound', [{ feature: 'length', atLeast: 1e15 }], ['odd']],
    ['a very large negative bound', [{ feature: 'length', atMost: -1e15 }], ['minus']],
    ['a bound above all numbers', [{ feature: 'length', atMost: 1e300, atLeast: 1e15 }], ['odd']],
    ['a bound close to 0', [{ feature: 'length', atLeast: 1e-300 }], ['drama', 'mixed', 'odd']],
    ['bounds that no item can satisfy', [{ feature: 'length', atLeast: 2, atMost: 1 }], []],
    ['values with quotes', [{ feature: 'genres', in: [quoted] }], ['odd']],
    ['a category with quotes', [{ feature: 'maker', in: [quoted] }], ['odd']],
    ['a feature whose name has quotes', [{ feature: quoted, in: ['x'] }], ['odd']],
    ['a feature whose name is not ASCII', [{ feature: unicode, atLeast: 3 }], ['odd']],
    ['a feature whose name looks like an index', [{ feature: '5', in: ['five'] }], ['odd']],
    [
      'conditions on several features, which must all hold',
      [
        { feature: 'genres', in: ['comedy', 'drama'] },
        { feature: 'length', atLeast: 0 },
        { feature: 'maker', notIn: ['A'] },
      ],
      ['mixed'],
    ],
    [
      'a bound, and ignores tests that are null',
      [{ feature: 'length', in: null, notIn: null, atLeast: 95, atMost: null }],
      ['mixed', 'odd'],
    ],
  ])('selects items by %s', async (_what, conditions, expected) => {
    expect(await passing({ features: conditions })).toEqual(expected);
    // The unavailable item has the features of `drama`.
    const withUnavailable = expected.includes('drama') ? [...expected, 'gone'] : expected;
    expect(await passing({ features: conditions, includeUnavailable: true })).toEqual(withUnavailable);
  });

  test('selects items by numbers that are too large or too small for a double', async () => {
    const numbers = { huge: '1e400', negative: '-1e400', tiny: '1e-400', exact: '0.1' };
    for (const [id, number] of Object.entries(numbers)) {
      await db.pool.query('INSERT INTO items (external_id, title, features) VALUES ($1, $1, $2)', [
        `sql ${id}`,
        `{"${unicode}": ${number}}`,
      ]);
    }
    expect(await passing({ features: [{ feature: unicode, atLeast: 1e300 }] })).toEqual(['sql huge']);
    expect(await passing({ features: [{ feature: unicode, atMost: 0 }] })).toEqual(['sql negative']);
    expect(await passing({ features: [{ feature: unicode, atLeast: 0.1, atMost: 0.1 }] })).toEqual(['sql exact']);
    await db.database.item.deleteMany({ where: { externalId: { startsWith: 'sql ' } } });
  });

  test('ignores stored values that are too large or not of the declared kind', async () => {
    const { id } = await db.database.item.create({ data: { externalId: 'broken', title: 'broken' } });
    const passes = async (condition: object) =>
      (await passing({ features: [condition as FeatureCondition] })).includes('broken');
    await runSql(
      db.url,
      `UPDATE items SET features = '{"genres": {"drama": 1}, "maker": ["A"], "length": 1e400}' WHERE id = ${id}`,
    );
    expect(await passes({ feature: 'genres', in: ['drama'] })).toBe(false);
    expect(await passes({ feature: 'genres', notIn: ['drama'] })).toBe(true);
    expect(await passes({ feature: 'maker', in: ['A', '["A"]'] })).toBe(false);
    expect(await passes({ feature: 'length', atLeast: 0 })).toBe(true);
    expect(await passes({ feature: 'length', atMost: 1e308 })).toBe(false);
    await db.database.item.delete({ where: { id } });
  });

  test.each<[string, NonNullable<ItemFilter['features']>, RegExp, readonly (string | number)[]]>([
    [
      'a feature that is not declared',
      [{ feature: 'lenght', atLeast: 1 }],
      /^filter\.features\.0\.feature: expected a declared item feature \(genres, maker, .*\), got "lenght"$/,
      [0, 'feature'],
    ],
    ['a user feature', [{ feature: 'age', atLeast: 1 }], /declared item feature/, [0, 'feature']],
    ['a feature name with U+0000', [{ feature: 'a\0', in: [] }], /got "a\\u0000"/, [0, 'feature']],
    [
      'bounds for a categorical feature',
      [
        { feature: 'length', atLeast: 1 },
        { feature: 'maker', atLeast: 0 },
      ],
      /^filter\.features\.1: expected only in and notIn for the categorical feature "maker"/,
      [1],
    ],
    ['values for a numeric feature', [{ feature: 'length', in: ['1'] }], /only atLeast and atMost/, [0]],
    [
      'values and a bound for a numeric feature',
      [{ feature: 'length', notIn: [], atMost: 1 }],
      /only atLeast and atMost/,
      [0],
    ],
    ['a condition without tests', [{ feature: 'maker' }], /from and until, got none/, [0]],
    [
      'a condition whose tests are all null',
      [{ feature: 'length', atLeast: null, in: null }],
      /from and until, got none/,
      [0],
    ],
    [
      'more than 100 values',
      [{ feature: 'maker', in: Array(101).fill('x') }],
      /^filter\.features\.0\.in: expected at most 100 values, got 101/,
      [0, 'in'],
    ],
    [
      'an empty list of included values',
      [{ feature: 'maker', in: [] }],
      /^filter\.features\.0\.in: expected at least one value, or null for no condition, got an empty list$/,
      [0, 'in'],
    ],
    [
      'an empty list of excluded values',
      [{ feature: 'genres', in: ['x'], notIn: [] }],
      /at least one value/,
      [0, 'notIn'],
    ],
    ['a value with U+0000', [{ feature: 'maker', notIn: ['\0'] }], /without U\+0000/, [0, 'notIn']],
    ['a value with half of a surrogate pair', [{ feature: 'genres', in: ['\ud800'] }], /well-formed/, [0, 'in']],
    ['a bound that is not finite', [{ feature: 'length', atMost: Infinity }], /finite number, got Inf/, [0, 'atMost']],
    [
      'a bound that is no number',
      [{ feature: 'length', atLeast: Number.NaN }],
      /finite number, got NaN/,
      [0, 'atLeast'],
    ],
    ['more than 20 conditions', Array(21).fill({ feature: 'maker', in: [] }), /at most 20 conditions, got 21/, []],
  ])('refuses %s', (_what, conditions, message, field) => {
    const refused = () => checkItemFilter(fields, { features: conditions });
    expect(refused).toThrow(message);
    expect(refused).toThrow(
      expect.objectContaining({ code: 'BAD_USER_INPUT', field: ['filter', 'features', ...field] }),
    );
  });
});
