import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { atOnce, inTurns, mapInPieces, type Pieces, sortInPieces } from '../../src/common/pieces.ts';
import { countingTurns } from '../support/counting-turns.ts';

/** Blocks the event loop. */
function block(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

function* blockInPieces(pieces: number, milliseconds: number): Pieces<string> {
  for (let piece = 0; piece < pieces; piece++) {
    block(milliseconds);
    yield;
  }
  return 'done';
}

describe('work in pieces', () => {
  test('returns its result at once', () => {
    expect(atOnce(blockInPieces(3, 0))).toBe('done');
  });

  test('lets the event loop turn after every piece of 5 ms, and seldom between short pieces', async () => {
    const turnsOf = (pieces: number, milliseconds: number) =>
      countingTurns(async (turns) => {
        expect(await inTurns(blockInPieces(pieces, milliseconds))).toBe('done');
        return turns();
      });
    expect(await turnsOf(20, 6)).toBeGreaterThanOrEqual(19);
    expect(await turnsOf(100, 0)).toBeLessThan(5);
  });

  test('rejects with what a piece throws', async () => {
    const failing = mapInPieces([1], () => {
      throw new Error('expected 2');
    });
    await expect(inTurns(failing)).rejects.toThrow('expected 2');
  });
});

test('mapInPieces maps like map', () => {
  expect(atOnce(mapInPieces(['a', 'b'], (value, place) => value + place))).toEqual(['a0', 'b1']);
});

test('sortInPieces sorts like toSorted, with equal values in their order, for any number of values', () => {
  const pair = fc.record({ key: fc.integer({ min: 0, max: 50 }), place: fc.nat() });
  const values = fc
    .integer({ min: 0, max: 2100 })
    .chain((length) => fc.array(pair, { minLength: length, maxLength: length }));
  const compare = (a: { key: number }, b: { key: number }) => a.key - b.key;
  fc.assert(
    fc.property(values, (given) => {
      expect(atOnce(sortInPieces(given, compare))).toEqual(given.toSorted(compare));
    }),
    { numRuns: 20 },
  );
});
