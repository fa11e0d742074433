import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Lines, maxLineLength, readChunks, splitLines } from '../../src/datasets/read-lines.ts';
import { folderWith } from './dataset-fixtures.ts';

async function read(content: string | Buffer): Promise<Lines[]> {
  const folder = await folderWith({ file: content });
  const pieces: Lines[] = [];
  for await (const lines of splitLines(readChunks(join(folder, 'file')))) pieces.push(lines);
  return pieces;
}

function textsOf(pieces: readonly Lines[]): string[] {
  return pieces.flatMap(({ texts }) => texts);
}

describe('splitLines of the chunks of a file', () => {
  test('yields the same lines as splitting the whole text, for lines of any length', async () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'é', '€', '𐀀', ',', '\r'), maxLength: 20 });
    const line = fc.tuple(word, fc.integer({ min: 1, max: 400 })).map(([text, times]) => text.repeat(times));
    const lines = fc.array(line, { minLength: 1, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(lines, async (texts) => {
        const last = `${texts.length} lines`;
        expect(textsOf(await read([...texts, last].join('\n')))).toEqual([...texts, last]);
        expect(textsOf(await read([...texts, last, ''].join('\n')))).toEqual([...texts, last]);
      }),
      { numRuns: 25 },
    );
  });

  test('numbers lines from 1 and counts every byte once', async () => {
    const content = Array.from({ length: 30_000 }, (_, index) => `line ${index + 1}\r\n`).join('');
    const pieces = await read(content);
    expect(pieces.length).toBeGreaterThan(3);
    for (const { first, texts } of pieces) {
      if (texts.length > 0) expect(texts[0]).toBe(`line ${first}\r`);
    }
    expect(pieces.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(Buffer.byteLength(content));
  });

  test('decodes each line as UTF-8, or as ISO 8859-1 if it is not valid UTF-8', async () => {
    const content = Buffer.concat([Buffer.from('Zoë €\n', 'utf8'), Buffer.from('Zoë ½\n', 'latin1')]);
    expect(textsOf(await read(content))).toEqual(['Zoë €', 'Zoë ½']);
  });

  test('names the lines that are not valid UTF-8, also the last one without a line feed', async () => {
    const content = Buffer.from('Zoë\nZoe\nZoë\nZoë', 'latin1');
    const numbers = (await read(content)).flatMap(({ notUtf8 = [] }) => [...notUtf8]);
    expect(numbers).toEqual([1, 3, 4]);
    expect((await read('Zoë\nZoë')).some(({ notUtf8 }) => notUtf8)).toBe(false);
  });

  test('drops a byte order mark', async () => {
    expect(textsOf(await read('\ufeffone\ntwo'))).toEqual(['one', 'two']);
  });

  test('yields no line for an empty file', async () => {
    expect(textsOf(await read(''))).toEqual([]);
  });

  test('cuts a line that is longer than 64 KiB and yields the line after it', async () => {
    const pieces = await read(`short\n${'x'.repeat(5 * maxLineLength)}\nafter\n`);
    const cut = pieces.filter((lines) => lines.cut);
    expect(cut.map(({ first, texts }) => [first, texts[0]])).toEqual([[2, 'x'.repeat(maxLineLength)]]);
    expect(textsOf(pieces).length).toBe(3);
    expect(textsOf(pieces)[2]).toBe('after');
  });

  test('cuts a long file without line breaks', async () => {
    const pieces = await read('x'.repeat(3 * maxLineLength));
    expect(pieces.filter((lines) => lines.cut).map(({ first, texts }) => [first, texts.length])).toEqual([[1, 1]]);
  });

  test('does not cut a line that has 64 KiB including its line feed', async () => {
    const line = 'x'.repeat(maxLineLength - 1);
    const pieces = await read(`${line}\n${line}\n`);
    expect(pieces.some((lines) => lines.cut)).toBe(false);
    expect(textsOf(pieces)).toEqual([line, line]);
  });

  test('lets the event loop run while it reads', async () => {
    let turns = 0;
    let timer = setImmediate(function count() {
      turns++;
      timer = setImmediate(count);
    });
    const pieces = await read('a row\n'.repeat(100_000));
    clearImmediate(timer);
    expect(turns).toBeGreaterThanOrEqual(pieces.length);
  });

  test('names the file that it cannot open', async () => {
    const folder = await folderWith({});
    const chunks = readChunks(join(folder, 'nowhere'));
    await expect(chunks.next()).rejects.toMatchObject({
      code: 'INVALID_DATA',
      message: expect.stringMatching(/expected a readable file at .*nowhere, got the error ENOENT/),
    });
  });
});

describe('splitLines of any chunks', () => {
  test('yields the same lines whatever the chunks are, and cuts those that are longer than the maximum', async () => {
    const line = fc.string({ unit: fc.constantFrom('a', 'é', '€', '\r', '"'), maxLength: 8 });
    const lines = fc.array(line, { minLength: 1, maxLength: 20 });
    const maxLength = 12;
    await fc.assert(
      fc.asyncProperty(lines, fc.integer({ min: 1, max: maxLength }), async (texts, size) => {
        const data = Buffer.from(texts.join('\n'));
        async function* chunks() {
          for (let start = 0; start < data.length; start += size)
            yield { data: data.subarray(start, start + size), bytes: 1 };
        }
        const found: [number, string, boolean][] = [];
        let bytes = 0;
        for await (const piece of splitLines(chunks(), maxLength)) {
          bytes += piece.bytes;
          expect(piece.quoted || !piece.texts.join().includes('"')).toBe(true);
          for (const [index, text] of piece.texts.entries())
            found.push([piece.first + index, text, piece.cut && index === 0]);
        }
        const ended = texts.at(-1) === '' ? texts.slice(0, -1) : texts;
        const isLong = (text: string) => Buffer.byteLength(text) > maxLength;
        expect(found.map(([number, text, cut]) => [number, cut ? '' : text, cut])).toEqual(
          ended.map((text, index) => [index + 1, isLong(text) ? '' : text, isLong(text)]),
        );
        expect(bytes).toBe(Math.ceil(data.length / size));
      }),
    );
  });
});
