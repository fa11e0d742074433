import { describe, expect, test } from '@jest/globals';
import { secondsLeft } from '../../src/paper/seconds-left.ts';

const finished = [
  { group: 'slow', seconds: 100 },
  { group: 'slow', seconds: 140 },
  { group: 'fast', seconds: 6 },
];
const remaining = (...groups: string[]) => groups.map((group) => ({ group }));

describe('secondsLeft', () => {
  test('is the mean of the group for each remaining unit, less the time of the running one', () => {
    expect(secondsLeft(remaining('slow', 'fast', 'slow'), finished, 30)).toBe(120 - 30 + 6 + 120);
  });

  test('takes the mean of all finished units for a group without any', () => {
    expect(secondsLeft(remaining('new'), finished, 0)).toBe(82);
  });

  test('is not negative if the running unit takes longer than the others of its group', () => {
    expect(secondsLeft(remaining('fast', 'fast'), finished, 1000)).toBe(6);
  });

  test('is unknown before a unit is finished', () => {
    expect(secondsLeft(remaining('fast'), [], 1)).toBeUndefined();
  });
});
