import { describe, expect, test } from '@jest/globals';
import { defaultInteractionTypes, InteractionTypes, typeIndex } from '../../src/features/interaction-types.ts';
import { inTime, LatestInteractions, merge, type TimedHistory } from '../../src/serving/timed-history.ts';

/** Interactions as [row, type, time]; the value tells them apart. */
const history = (...pairs: (readonly [row: number, type: number, time: number])[]): TimedHistory => ({
  rows: pairs.map(([row]) => row),
  types: pairs.map(([, type]) => type),
  values: pairs.map((_, at) => at),
  times: pairs.map(([, , time]) => time),
});
const pairsOf = ({ rows, types, times }: TimedHistory) => rows.map((row, at) => [row, types[at], times[at]]);

describe('inTime', () => {
  test('sorts by time and keeps the order of those at the same time', () => {
    const sorted = inTime(history([1, 0, 30], [2, 0, 10], [3, 1, 30], [4, 0, 10]));
    expect([sorted.rows, sorted.values]).toEqual([
      [2, 4, 1, 3],
      [1, 3, 0, 2],
    ]);
  });

  test('returns a sorted history itself', () => {
    const sorted = history([1, 0, 1], [2, 0, 1], [3, 0, 2]);
    expect(inTime(sorted)).toBe(sorted);
  });
});

describe('merge', () => {
  test('puts the first before the second at the same time', () => {
    const merged = merge(history([1, 0, 10], [2, 0, 20]), history([3, 0, 5], [4, 0, 10], [5, 0, 30]));
    expect(merged.rows).toEqual([3, 1, 4, 2, 5]);
    expect(merged.times).toEqual([5, 10, 10, 20, 30]);
  });
});

describe('LatestInteractions', () => {
  const [usual] = defaultInteractionTypes;
  const types = new InteractionTypes(
    Array.from({ length: 32 }, (_, n) => ({ ...usual, name: `T${n}`, positiveFrom: null })),
  );
  const latestOf = (...pieces: TimedHistory[]) => {
    const latest = new LatestInteractions(2, types);
    for (const piece of pieces) latest.add(piece);
    return pairsOf(latest.inTime());
  };

  test('keeps the very first, and the latest with each item and of each type, over several pieces', () => {
    const recorded = history([0, 0, 1], [1, 31, 2], [0, 0, 3]);
    const later = history([1, 31, 4], [1, 30, 5], [0, 0, 6]);
    expect(latestOf(later, recorded)).toEqual([
      [0, 0, 1],
      [1, 31, 4],
      [1, 30, 5],
      [0, 0, 6],
    ]);
  });

  test('keeps the latest by time, also if it was recorded before others', () => {
    expect(latestOf(history([0, 0, 3], [1, 0, 4]), history([1, 1, 2], [0, 0, 9]))).toEqual([
      [1, 1, 2],
      [1, 0, 4],
      [0, 0, 9],
    ]);
  });

  test('keeps the latest that says something beside a later one that says nothing', () => {
    const play = typeIndex('PLAY');
    const latest = new LatestInteractions(1, new InteractionTypes());
    latest.add({ ...history([0, play, 1], [0, play, 2], [0, play, 3], [0, play, 4]), values: [0.9, 0.8, 0.1, 0.2] });
    expect(latest.inTime().values).toEqual([0.9, 0.8, 0.2]);
  });
});
