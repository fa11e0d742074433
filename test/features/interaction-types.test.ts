import { describe, expect, test } from '@jest/globals';
import { expiredUntil, type InteractionType, InteractionTypes } from '../../src/features/interaction-types.ts';

const types = new InteractionTypes().withRatingsFrom(7);
const opinion = (name: string, value: number | null) => types.opinionOf(types.indexOf(name) as number, value);

describe('opinionOf', () => {
  test.each([
    ['RATE', 7, 1],
    ['RATE', 6.9, 0],
    ['VIEW', null, 1],
    ['VIEW', 0, 1],
    ['PURCHASE', 30, 1],
    ['CART', null, 1],
    ['DISLIKE', null, -1],
    ['DISLIKE', 1, -1],
    ['IMPRESSION', null, undefined],
    ['PLAY', 0.5, 1],
    ['PLAY', 0.49, undefined],
    ['PLAY', null, undefined],
  ])('of %s with the value %s is %s', (name, value, expected) => {
    expect(opinion(name, value)).toBe(expected);
  });

  test('has the weight of the type', () => {
    const [usual] = types.all as [InteractionType];
    const weighted = new InteractionTypes([
      { ...usual, name: 'A', weight: 3, positiveFrom: 2 },
      { ...usual, name: 'B', weight: 0.5, polarity: 'NEGATIVE' },
    ]);
    expect([weighted.opinionOf(0, 2), weighted.opinionOf(1, null)]).toEqual([3, -0.5]);
  });

  test('of a type that is not declared is nothing', () => {
    expect(types.opinionOf(31, 5)).toBeUndefined();
  });
});

describe('expiredUntil', () => {
  const [usual] = types.all as [InteractionType];

  test('is the time so many days ago', () => {
    const now = Date.parse('2026-03-03T12:00:00Z');
    expect(expiredUntil({ ...usual, expiresAfterDays: 1.5 }, now)).toBe(Date.parse('2026-03-02T00:00:00Z'));
  });

  test('is before all times without an expiry', () => {
    expect(expiredUntil(usual, Date.now())).toBe(-Infinity);
  });
});
