import { describe, expect, test } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { read, readAll, refusal, tableOf } from './table-fixtures.ts';
import { stringify } from './write-csv.ts';

describe('a CSV table', () => {
  test.each([',', ';', '\t', '|'])(
    'has the cells that csv-parse reads, with %j found as the delimiter',
    async (delimiter) => {
      const text = fc.string({
        unit: fc.constantFrom('a', 'é', ',', ';', '|', '\t', '"', '\n', '\r\n', ' '),
        maxLength: 8,
      });
      const row = fc.tuple(text, text, fc.nat().map(String));
      await fc.assert(
        fc.asyncProperty(fc.array(row, { minLength: 3, maxLength: 40 }), async (rows) => {
          const content = stringify([['x', 'y', 'z'], ...rows], delimiter);
          const { columns, records, rejects, bytes } = await read('a.csv', content);
          expect(columns).toEqual(['x', 'y', 'z']);
          expect(rejects).toEqual([]);
          expect(records).toEqual(parse(content, { delimiter, record_delimiter: '\n', from: 2 }));
          expect(bytes).toBe(Buffer.byteLength(content));
        }),
        { numRuns: 25 },
      );
    },
  );

  test('keeps the text and the line of each row', async () => {
    const { rows } = await readAll(await tableOf('a.csv', 'x,y\r\n\r\n1,"a\r\nb"\r\n2,c\r\n'));
    expect(rows).toEqual([
      { record: ['1', 'a\r\nb'], file: 'a.csv', line: 3, row: '1,"a\r\nb"' },
      { record: ['2', 'c'], file: 'a.csv', line: 5, row: '2,c' },
    ]);
  });

  test.each(['# exported 2026-11-01', '// shop, "all" of it', '; version 3\r', '# a\n\n# b'])(
    'skips the comment %j above the header, and keeps the numbers of lines',
    async (comment) => {
      const lines = comment.split('\n').length;
      const content = `${comment}\nx,y,z\n1,2,3\n4,5\n`;
      const { columns, records, rejects, bytes } = await read('a.csv', content);
      expect([columns, records]).toEqual([['x', 'y', 'z'], [['1', '2', '3']]]);
      expect(rejects).toEqual([[lines + 3, 'expected 3 cells, got 2']]);
      expect(bytes).toBe(content.length);
    },
  );

  test('takes a first line for a row if it may be one, whatever it begins with', async () => {
    expect((await read('a.csv', '#,name\n1,a\n')).columns).toEqual(['#', 'name']);
    expect((await read('a.csv', '# tag\nhome\n')).columns).toEqual(['# tag']);
    const stated = await read('a.csv', '#1;a\n2;b\n', { columns: ['id', 'name'] });
    expect(stated.records).toEqual([
      ['#1', 'a'],
      ['2', 'b'],
    ]);
  });

  test('yields the wanted columns in the wanted order', async () => {
    const { records } = await readAll(await tableOf('a.csv', 'x,y,z\n1,2,3\n'), ['z', 'x', 'z']);
    expect(records).toEqual([['3', '1', '3']]);
  });

  test('can have any delimiter, and no quotes if it has several characters', async () => {
    const { records } = await read('a.dat', 'x::y\n1::A "Story": Told\n', { delimiter: '::' });
    expect(records).toEqual([['1', 'A "Story": Told']]);
    expect((await read('a.dat', 'x^y\n1^"a^b"\n', { delimiter: '^' })).records).toEqual([['1', 'a^b']]);
  });

  test('has the stated columns, and then its first line is a row', async () => {
    const { columns, records } = await read('a.csv', '1,a|b\n2,c|d\n', { columns: ['id', 'tags'] });
    expect(columns).toEqual(['id', 'tags']);
    expect(records).toEqual([
      ['1', 'a|b'],
      ['2', 'c|d'],
    ]);
  });

  test('finds the delimiter that fits most rows', async () => {
    const content = 'id;title, year\n1;Alien\n2;Brazil, or not, 1985\n';
    expect((await read('a.csv', content)).columns).toEqual(['id', 'title, year']);
  });

  test('can have a single column', async () => {
    expect((await read('a.csv', 'id\n1\n2\n')).records).toEqual([['1'], ['2']]);
  });

  test('reads quotes between tabs as they are, unless they enclose a cell', async () => {
    const { records, rejects } = await read(
      'a.tsv',
      'id\tname\n1\t5" screen\n2\t"Tatort" 1\n3\t"a\tb"\n4\t"open\n5\tx\n',
    );
    expect(records).toEqual([
      ['1', '5" screen'],
      ['2', '"Tatort" 1'],
      ['3', 'a\tb'],
      ['4', '"open'],
      ['5', 'x'],
    ]);
    expect(rejects).toEqual([]);
  });

  test.each([
    ['a row with fewer cells', '1', 'expected 2 cells, got 1'],
    ['a row with more cells', '1,2,3', 'expected 2 cells, got 3; put a cell with a comma in it between quotes'],
    ['a row with another delimiter', '1;2', 'expected a comma between cells as in the first line, got a semicolon'],
    [
      'the header of a second file',
      'x,y',
      'expected the names of the columns only in the first line, got them again; is this two files joined?',
    ],
    ['an unclosed quote', '1,"a', 'expected a closing quote for the one at character 3, got none'],
    ['a NUL character', '1,a\0b', 'expected text without the NUL character'],
    [
      'a row of more than 1 MiB',
      `1,${'x'.repeat(1024 * 1024)}`,
      'expected a row of at most 1048576 bytes, got a longer one',
    ],
  ])('rejects %s with its line, and reads the next row', async (_, row, reason) => {
    const { records, rejects } = await read('a.csv', `x,y\n0,0\n${row}\n9,9\n`);
    expect(records).toEqual([
      ['0', '0'],
      ['9', '9'],
    ]);
    expect(rejects).toEqual([[3, reason]]);
  });

  test('reads a row of almost 1 MiB', async () => {
    const cell = 'x'.repeat(1024 * 1024 - 10);
    expect((await read('a.csv', `x,y\n1,${cell}\n`)).records).toEqual([['1', cell]]);
  });

  test.each([
    ['an empty file', '', 'expected rows in a.csv, got an empty file'],
    ['only empty lines', '\n\n', 'expected rows in a.csv, got only empty lines'],
    ['only a header', 'x,y\n', 'expected rows in a.csv, got only a line that names the columns'],
    ['an empty name', ',y\n1,2\n', 'got none for column 1 of 2; add the name'],
    ['a name that comes twice', 'x, x\n1,2\n', 'in line 1 of a.csv, got "x" twice; rename one of them'],
    ['an invalid header', 'x,"y\n1,2\n', 'a.csv, line 1, which must name the columns: expected a closing quote'],
    ['carriage returns alone', 'x,y\r1,2\r', "convert the file with tr '\\r' '\\n'"],
  ])('is refused if it has %s', async (_, content, message) => {
    expect(await refusal('a.csv', content)).toContain(message);
  });

  test('is refused if a wanted column is missing, with the columns that exist', async () => {
    const table = await tableOf('a.csv', 'x,y\n1,2\n');
    await expect(readAll(table, ['x', 'price'])).rejects.toMatchObject({
      code: 'INVALID_DATA',
      message: 'expected the column "price" in a.csv, got only "x", "y"; name one of these',
    });
  });

  test('is refused if the stated delimiter or the stated columns do not fit', async () => {
    expect(await refusal('a.csv', 'x,y\n1,2\n', { delimiter: ';' })).toBe(
      'INVALID_DATA: expected a semicolon between the cells of a.csv, got "x,y"; state a comma as the delimiter, or none',
    );
    expect(await refusal('a.csv', '1,2\n3,4\n', { columns: ['x', 'y', 'z'] })).toContain(
      'expected 3 cells in the rows of a.csv, as many as the stated columns, got 2 in line 1',
    );
    expect(await refusal('a.csv', '1,2\n', { columns: ['x', 'x'] })).toContain('got "x" twice');
    expect(await refusal('a.csv', 'x,y\n1,2\n', { delimiter: '' })).toContain('got ""');
  });

  test('rejects a header in spite of stated columns', async () => {
    const { records, rejects } = await read('a.csv', 'x,y\n1,2\n', { columns: ['x', 'y'] });
    expect(records).toEqual([['1', '2']]);
    expect(rejects).toHaveLength(1);
  });

  test('lets the event loop run between batches', async () => {
    const table = await tableOf('a.csv', `x,y\n${'1,2\n'.repeat(100_000)}`);
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    let batches = 0;
    for await (const _ of table.rows(['x'], () => {})) batches++;
    clearInterval(timer);
    expect(batches).toBeGreaterThan(5);
    expect(turns).toBeGreaterThan(0);
  });
});
