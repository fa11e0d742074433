import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { joinQuotedLines } from '../../src/datasets/join-quoted-lines.ts';
import { maxLineLength, readChunks, splitLines } from '../../src/datasets/read-lines.ts';
import { splitRow } from '../../src/datasets/split-row.ts';
import { folderWith } from './dataset-fixtures.ts';

const hasTwoCells = (text: string) => {
  const cells = splitRow(text, ',');
  return typeof cells !== 'string' && cells.length === 2;
};

/** Returns the lines that are not empty by line number, and the number of bytes. */
async function read(content: string) {
  const folder = await folderWith({ file: content });
  const rows: [line: number, text: string][] = [];
  let size = 0;
  for await (const { texts, first, bytes } of joinQuotedLines(
    splitLines(readChunks(join(folder, 'file'))),
    hasTwoCells,
  )) {
    for (const [index, text] of texts.entries()) if (text !== '') rows.push([first + index, text]);
    size += bytes;
  }
  expect(size).toBe(Buffer.byteLength(content));
  return rows;
}

const numbered = (rows: readonly string[]) => rows.map((row, index) => [index + 1, row]);

describe('joinQuotedLines', () => {
  test('reads the cells that csv-parse reads, at the lines where the rows begin', async () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'é', ',', '"', '\n', '\r\n'), maxLength: 12 });
    const repeated = fc.tuple(text, fc.integer({ min: 1, max: 500 })).map(([part, times]) => part.repeat(times));
    const cell = repeated.map((part) => `"${part.replaceAll('"', '""')}"`);
    const row = fc.tuple(fc.oneof(cell, fc.constant('plain')), cell).map((cells) => cells.join(','));
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 60 }), async (rows) => {
        const content = rows.join('\n');
        const found = await read(content);
        expect(found.map(([, text]) => splitRow(text, ','))).toEqual(parse(content, { record_delimiter: '\n' }));
        const lineOf = (index: number) => [...rows.slice(0, index), ''].join('\n').split('\n').length;
        expect(found.map(([line]) => line)).toEqual(rows.map((_, index) => lineOf(index)));
      }),
      { numRuns: 50 },
    );
  });

  test('reads every row around a line with an unclosed quote', async () => {
    const around = ['a,"1\n2"', 'b,"3"', 'c,', 'd,"4 ""5""\n\n6"'];
    for (const damaged of ['x,"no end', '"no end', 'x,5" long', 'x,"one"two"', 'x,"""']) {
      for (let place = 0; place <= around.length; place++) {
        const rows = around.toSpliced(place, 0, damaged);
        expect((await read(rows.join('\n'))).map(([, text]) => text)).toEqual(rows);
      }
    }
  });

  test('leaves lines alone whose cells would be too many if they were joined', async () => {
    const lines = ['a,"no end', 'b,1', 'no start",c,2'];
    expect(await read(lines.join('\n'))).toEqual(numbered(lines));
  });

  test('joins a row of 64 KiB, and no longer one', async () => {
    const row = (length: number) => `a,"${'x'.repeat(40_000)}\n${'y'.repeat(length - 40_005)}"`;
    expect(await read(row(maxLineLength))).toEqual([[1, row(maxLineLength)]]);
    expect(await read(row(maxLineLength + 1))).toEqual(numbered(row(maxLineLength + 1).split('\n')));
  });

  test('does not join a line with one that was cut', async () => {
    const lines = ['a,"begins', 'x'.repeat(maxLineLength), 'ends"', 'b,"1\n2"'];
    const texts = (await read(lines.join('\n').replace('ends', 'ends'.repeat(30_000)))).map(([line, text]) => [
      line,
      text.slice(0, 10),
    ]);
    expect(texts).toEqual([
      [1, 'a,"begins'],
      [2, 'xxxxxxxxxx'],
      [3, 'endsendsen'],
      [4, 'b,"1\n2"'],
    ]);
  });
});
