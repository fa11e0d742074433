import { describe, expect, test } from '@jest/globals';
import { parseMapping } from '../../../src/datasets/mapping/mapping.ts';
import { matchFiles } from '../../../src/datasets/mapping/match-files.ts';

const interactions = { user: 'u', item: 'i', type: 'VIEW' };
const mappingOf = (file: object) => ({ name: 'shop', files: [{ file: 'a.csv', ...file }] });

describe('parseMapping', () => {
  test('fills in that times are in ISO 8601 and in UTC', () => {
    const { files } = parseMapping(mappingOf({ interactions: { ...interactions, time: { column: 'at' } } }));
    expect(files[0]?.interactions?.time).toEqual({ column: 'at', format: 'iso', zone: 'UTC' });
  });

  test.each([
    ['iso', 'UTC'],
    ['seconds', 'UTC'],
    ['milliseconds', 'UTC'],
    ['dd.MM.yyyy HH:mm', 'Europe/Berlin'],
    ['M/d/yy h:mm a', 'America/New_York'],
    ['EEE MMM dd HH:mm:ss yyyy', 'Asia/Kolkata'],
    ["'Day' dd.MM.yyyy", 'UTC'],
    ['DD', 'UTC'],
  ])('accepts the time format %s in the zone %s', (format, zone) => {
    const time = { column: 'at', format, zone };
    expect(() => parseMapping(mappingOf({ interactions: { ...interactions, time } }))).not.toThrow();
  });

  test.each([
    [{ users: { id: 5 } }, 'files.0.users.id: expected a text, got 5.'],
    [{ users: [] }, 'files.0.users: expected an object, got [].'],
    [{ users: {} }, 'files.0.users.id: expected a text, got none.'],
    [{}, 'files.0: expected at least one of the keys users, items, scenarios, scenariosByValue, interactions'],
    [
      { interactions, user: {} },
      'files.0: expected only the keys file, format, users, items, scenarios, scenariosByValue, interactions, got user',
    ],
    [
      { users: { id: 'u', onRepeatedId: 'ignore' } },
      'files.0.users.onRepeatedId: expected one of "merge", "reject", got "ignore"',
    ],
    [{ users: { ID: 'u' } }, 'files.0.users: expected only the keys id, onRepeatedId, features, got ID'],
    [
      { interactions: { ...interactions, type: 'buy' } },
      'files.0.interactions.type: expected the name of a type in capital letters, such as VIEW, got "buy"',
    ],
    [
      { interactions: { ...interactions, type: { column: 'e', values: { buy: 'buy' } } } },
      'files.0.interactions.type.values.buy: expected the name of a type in capital letters, such as VIEW, got "buy"',
    ],
    [
      { interactions: { ...interactions, type: 'RATE' } },
      'files.0.interactions.value: expected the column of the rating, since there are interactions of the type RATE',
    ],
    [
      { interactions: { ...interactions, type: { column: 'e', values: { p: 'PLAY' } } } },
      'files.0.interactions.value: expected the column of the share that was played, since there are interactions of the type PLAY, which are no likes without it; if no column has it, read them as VIEW',
    ],
    [
      { interactions: { ...interactions, type: 'RATE', value: { column: 'v', dividedBy: 'w' } } },
      'files.0.interactions.value.dividedBy: expected no column to divide by, since there are interactions of the type RATE, whose value is a rating',
    ],
    [
      { interactions: { ...interactions, type: 'PLAY', value: { column: 'v', dividedBy: 'w', unit: 'percent' } } },
      'files.0.interactions.value: expected one of the keys unit and dividedBy',
    ],
    [
      { interactions: { ...interactions, time: { column: 'at', format: 'HH:mm' } } },
      'files.0.interactions.time.format: expected iso, seconds, milliseconds, or a format with year, month and day such as dd.MM.yyyy HH:mm, got "HH:mm"',
    ],
    ...['DD.MM.YYYY HH:mm', 'DD.MM.yyyy', 'YYYY-MM-dd'].map((format): [object, string] => [
      { interactions: { ...interactions, time: { column: 'at', format } } },
      `or a format with year, month and day such as dd.MM.yyyy HH:mm, got "${format}"`,
    ]),
    [
      { interactions: { ...interactions, time: { column: 'at', zone: 'Berlin' } } },
      'files.0.interactions.time.zone: expected a time zone such as Europe/Berlin, got "Berlin"',
    ],
    [
      { scenarios: { id: 's' } },
      'files.0.scenarios: expected one of the keys item, a column, items, an object with column and separator, and rule, a column',
    ],
    [{ scenariosByValue: { item: 'i', values: {} } }, 'files.0.scenariosByValue.values: expected at least one column'],
    [
      { scenariosByValue: { item: 'i', values: { tag: { column: 't' } }, minItems: 9, maxItems: 8 } },
      'files.0.scenariosByValue: expected minItems to be at most maxItems',
    ],
    [
      { items: { id: 'i', features: { id: { column: 'i', kind: 'categorical' } } } },
      'files.0.items.features.id: expected another name than id and __proto__',
    ],
    [
      { items: { id: 'i', features: { year: { column: 'i', kind: 'numeric', pattern: '\\d{4}' } } } },
      'files.0.items.features.year.pattern: expected a regular expression with one group in parentheses',
    ],
    [
      { items: { id: 'i', title: { column: 't', replace: [{ pattern: '(', by: '' }] } } },
      'files.0.items.title.replace.0.pattern: expected a regular expression such as ^(.*), The$, got "("',
    ],
    [
      { items: { id: 'i', title: 5 } },
      'files.0.items.title: expected the name of a column, or an object with the key column, got 5',
    ],
    [
      { items: { id: 'i', features: { year: { column: 'i', kind: 'numeric', separator: ',' } } } },
      'files.0.items.features.year: expected only the keys column, pattern, replace, missing, kind, decimal, got separator',
    ],
    [
      { items: { id: 'i', features: { year: { column: 'i', kind: 'number' } } } },
      'files.0.items.features.year.kind: expected one of "categorical", "multiValued", "numeric", "vector", "date", got "number"',
    ],
  ])('refuses %j and says what is allowed', (file, message) => {
    expect(() => parseMapping(mappingOf(file))).toThrow(
      expect.objectContaining({ code: 'INVALID_CONFIGURATION', message: expect.stringContaining(message) }),
    );
  });

  test.each<[object, string]>([
    [{ files: [] }, 'files: expected an entry for at least one file, which import inspect writes, got []'],
    [{ name: '' }, 'name: expected a text of at least one character, got ""'],
    [{ name: 'x'.repeat(65) }, 'name: expected a text of at most 64 characters, got "xxx'],
    [mappingOf({ interactions, format: { columns: [] } }), 'format.columns: expected a list of at least one element'],
  ])('refuses what is empty or too long, such as %j', (part, message) => {
    expect(() => parseMapping({ ...mappingOf({ interactions }), ...part })).toThrow(message);
  });

  test('refuses a feature that has two kinds', () => {
    const items = (kind: string) => ({ items: { id: 'i', features: { year: { column: 'y', kind } } } });
    const files = [
      { file: 'a.csv', ...items('numeric') },
      { file: 'b.csv', ...items('categorical') },
    ];
    expect(() => parseMapping({ name: 'shop', files })).toThrow(
      'files: expected one kind for the item feature "year", which is numeric and categorical',
    );
  });

  test('refuses a rating scale whose minimum is not below its maximum', () => {
    const ratingScale = { minimum: 5, maximum: 1 };
    expect(() => parseMapping({ ...mappingOf({ interactions }), ratingScale })).toThrow(
      'ratingScale: expected a minimum below the maximum',
    );
  });

  test.each([
    [0.5, 5, 0.5],
    [0, 1, 0.1],
    [1, 10, 1],
  ])('accepts a rating scale from %p to %p in steps of %p', (minimum, maximum, step) => {
    const ratingScale = { minimum, maximum, step };
    expect(parseMapping({ ...mappingOf({ interactions }), ratingScale })).toMatchObject({ ratingScale });
  });

  test('refuses a rating scale whose steps do not lead to the maximum', () => {
    const ratingScale = { minimum: 1, maximum: 10, step: 2 };
    expect(() => parseMapping({ ...mappingOf({ interactions }), ratingScale })).toThrow(
      'ratingScale: expected steps that lead to the maximum',
    );
  });
});

describe('matchFiles', () => {
  const mapping = parseMapping({
    name: 'shop',
    files: [
      { file: 'events*.csv', interactions },
      { file: 'events-2.csv', interactions },
      { file: 'a+b.csv', interactions },
    ],
  });
  const first = parseMapping({ name: 'shop', files: [{ file: 'events*.csv', interactions }] });

  test('finds the entry of each file by its base name', () => {
    expect(matchFiles(first, ['x/events-1.csv', 'y/events.csv']).map(({ path }) => path)).toEqual([
      'x/events-1.csv',
      'y/events.csv',
    ]);
  });

  test.each([
    [
      first,
      ['events.csv', 'readme.txt'],
      'one entry of the mapping for the file readme.txt, got none; the entries are events*.csv; add an entry, or leave the file out',
    ],
    [
      mapping,
      ['events-2.csv'],
      'one entry of the mapping for the file events-2.csv, got events*.csv and events-2.csv; the entries are events*.csv and events-2.csv and a+b.csv; keep one of them',
    ],
    [first, ['events.csv.gz'], 'for the file events.csv.gz, got none'],
    [mapping, ['events.csv', 'aab.csv'], 'for the file aab.csv, got none'],
    [
      mapping,
      ['events-1.csv', 'a+b.csv'],
      'a file for each entry of the mapping, got none for events-2.csv; the files are events-1.csv, a+b.csv; name the missing files, or remove their entries',
    ],
  ])('refuses a file without one entry, and an entry without a file (%#)', (given, paths, message) => {
    expect(() => matchFiles(given, paths)).toThrow(
      expect.objectContaining({ code: 'INVALID_CONFIGURATION', message: expect.stringContaining(message) }),
    );
  });
});
