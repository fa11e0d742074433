import { describe, expect, test } from '@jest/globals';
import { agedOpinions, agesOf } from '../../src/features/ages.ts';

describe('agesOf', () => {
  test('returns the days before the latest interaction, wherever it is', () => {
    const times = ['2026-03-01T12:00Z', '2026-03-03T00:00Z', '2026-02-01T00:00Z'].map((time) => Date.parse(time));
    expect(agesOf(times)).toEqual(Float32Array.of(1.5, 0, 30));
  });

  test('returns nothing for no interactions', () => {
    expect(agesOf([])).toEqual(new Float32Array());
  });
});

describe('agedOpinions', () => {
  test('halves likes and dislikes with every half-life', () => {
    expect(agedOpinions(Float32Array.of(1, 2, -1, -4), [0, 7, 7, 14], 7)).toEqual(Float32Array.of(1, 1, -0.5, -1));
  });

  test('keeps opinions with an infinite half-life', () => {
    expect(agedOpinions(Float32Array.of(1, -3), [0, 500], Infinity)).toEqual(Float32Array.of(1, -3));
  });
});
