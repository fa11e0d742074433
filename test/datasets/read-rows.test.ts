import { describe, expect, test } from '@jest/globals';
import { checkHeader, type RowFormat, readRows } from '../../src/datasets/read-rows.ts';
import { collect, folderWith } from './dataset-fixtures.ts';

interface Pair {
  readonly left: string;
  readonly right: string;
  readonly note: string;
}

const pairs: RowFormat<Pair> = {
  file: 'pairs.csv',
  syntax: 'csv',
  columns: ['left', 'right', 'note'],
  ids: 2,
  unique: true,
  record: (left, right, note) => (note === 'bad' ? 'expected a good note, got a bad one' : { left, right, note }),
};

async function readPairs(...rows: string[]) {
  const folder = await folderWith({ 'pairs.csv': ['left,right,note', ...rows, ''].join('\n') });
  return collect((onReject) => readRows(folder, pairs, onReject));
}

describe('readRows', () => {
  test('yields each record with its file, line number and text', async () => {
    const { rows, rejects } = await readPairs('a,b,"one, two"', 'c,d,');
    expect(rows).toEqual([
      {
        record: { left: 'a', right: 'b', note: 'one, two' },
        file: 'pairs.csv',
        line: 2,
        row: 'a,b,"one, two"',
      },
      { record: { left: 'c', right: 'd', note: '' }, file: 'pairs.csv', line: 3, row: 'c,d,' },
    ]);
    expect(rejects).toEqual([]);
  });

  test('reads a cell with line feeds, at the line where its row begins', async () => {
    const { rows, rejects } = await readPairs('a,b,"one', '', 'two, ""three"""\r', 'c,d,bad', 'e,f,');
    expect(rows.map(({ record, line, row }) => [record.note, line, row])).toEqual([
      ['one\n\ntwo, "three"', 2, 'a,b,"one\n\ntwo, ""three"""'],
      ['', 6, 'e,f,'],
    ]);
    expect(rejects.map(({ line }) => line)).toEqual([5]);
  });

  test('rejects a row with line feeds once, with its whole text', async () => {
    const { rejects } = await readPairs('a,b,x', 'a,b,"one', 'two"');
    expect(rejects).toEqual([
      {
        file: 'pairs.csv',
        line: 3,
        reason: 'expected each left and right only once, got it again after line 2',
        row: 'a,b,"one\ntwo"',
      },
    ]);
  });

  test('accepts lines that end with a carriage return', async () => {
    const { rows } = await readPairs('a,b,one\r', 'c,d,two\r');
    expect(rows.map(({ record, row }) => [record.note, row])).toEqual([
      ['one', 'a,b,one'],
      ['two', 'c,d,two'],
    ]);
  });

  test('skips empty lines but counts them in line numbers', async () => {
    const { rows, rejects } = await readPairs('a,b,', '', '\r', 'c,d,');
    expect(rows.map(({ line }) => line)).toEqual([2, 5]);
    expect(rejects).toEqual([]);
  });

  test.each([
    ['too few columns', 'a,b', 'expected 3 columns (left, right, note), got 2'],
    ['too many columns', 'a,b,c,d', 'expected 3 columns (left, right, note), got 4'],
    ['an empty ID', ',b,', 'expected a left, got none'],
    ['a blank ID', 'a,  ,', 'expected a right, got none'],
    [
      'an ID of more than 256 characters',
      `a,${'b'.repeat(257)},`,
      'expected a right of at most 256 characters, got 257',
    ],
    ['a quote that is not closed', 'a,"b,', 'expected a closing quote for the one at character 3, got none'],
    ['a row that the format refuses', 'a,b,bad', 'expected a good note, got a bad one'],
    ['repeated IDs', 'first,row,', 'expected each left and right only once, got it again after line 2'],
  ])('rejects %s and reads the next row', async (_, row, reason) => {
    const { records, rejects } = await readPairs('first,row,', row, 'last,row,');
    expect(records.map(({ left }) => left)).toEqual(['first', 'last']);
    expect(rejects).toEqual([{ file: 'pairs.csv', line: 3, reason, row }]);
  });

  test('accepts an ID of 256 characters', async () => {
    expect((await readPairs(`${'a'.repeat(256)},b,`)).records).toHaveLength(1);
  });

  test('rejects a NUL character and shows it as \\0', async () => {
    const { rejects } = await readPairs('a,b\0,c');
    expect(rejects).toEqual([
      {
        file: 'pairs.csv',
        line: 2,
        reason: 'expected text without the NUL character',
        row: 'a,b\\0,c',
      },
    ]);
  });

  test('rejects a row longer than 64 KiB, reports its beginning and reads the next row', async () => {
    const { records, rejects } = await readPairs('a,b,', `c,d,${'x'.repeat(200_000)}`, 'e,f,');
    expect(records.map(({ left }) => left)).toEqual(['a', 'e']);
    expect(rejects).toHaveLength(1);
    expect(rejects[0]).toMatchObject({
      line: 3,
      reason: 'expected a row of at most 65536 bytes, got a longer one',
    });
    expect(rejects[0]?.row).toMatch(/^c,d,x{496}…$/);
  });

  test('accepts the IDs of a row that it rejected before', async () => {
    const { records } = await readPairs('a,b,bad', 'a,b,good');
    expect(records.map(({ note }) => note)).toEqual(['good']);
  });
});

describe('checkHeader', () => {
  test.each(['left,right,note', '"left","right","note"\r\na,b,c', '\ufeffleft,right,note\n'])(
    'accepts %j',
    async (content) => {
      await expect(checkHeader(await folderWith({ 'pairs.csv': content }), pairs)).resolves.toBeUndefined();
    },
  );

  test.each([
    ['', '""'],
    ['a,b,c\n', '"a,b,c"'],
    ['left,right\n', '"left,right"'],
  ])('names the expected columns if the file contains %j', async (content, came) => {
    await expect(checkHeader(await folderWith({ 'pairs.csv': content }), pairs)).rejects.toMatchObject({
      code: 'INVALID_DATA',
      message: `expected the first line of pairs.csv to be left,right,note, got ${came}`,
    });
  });
});
