import { describe, expect, test } from '@jest/globals';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { Moments } from '../../src/live-catalog/moments.ts';
import { randomSource } from '../../src/tasks/random.ts';

const never = Number.POSITIVE_INFINITY;

function allDue(moments: Moments, now: number): number[] {
  const rows: number[] = [];
  for (let row = moments.takeDue(now); row !== undefined; row = moments.takeDue(now)) rows.push(row);
  return rows;
}

describe('moments of rows', () => {
  test('come once, the earliest first, and not before their time', () => {
    const moments = new Moments();
    for (const [row, moment] of [30, 10, 20].entries()) moments.set(row, moment);
    expect(allDue(moments, 9)).toEqual([]);
    expect(allDue(moments, 20)).toEqual([1, 2]);
    expect(allDue(moments, 100)).toEqual([0]);
    expect(allDue(moments, 100)).toEqual([]);
  });

  test('replace the earlier moment of the row, or remove it', () => {
    const moments = new Moments();
    for (const moment of [10, 30, never, 20]) moments.set(0, moment);
    moments.set(1, 10);
    moments.set(1, never);
    expect(allDue(moments, 19)).toEqual([]);
    expect(allDue(moments, 20)).toEqual([0]);
  });

  test('are those of a list that is sorted anew, after thousands of changes', () => {
    const moments = new Moments();
    const expected = new Map<number, number>();
    const random = randomSource(5);
    for (let now = 0; now < 300; now++) {
      for (let change = 0; change < 40; change++) {
        const [row, moment] = [
          uniformInt(random, 0, 499),
          uniformInt(random, 1, 5) === 1 ? never : now + uniformInt(random, 1, 400),
        ];
        moments.set(row, moment);
        expected.set(row, moment);
      }
      const due = [...expected].filter(([, moment]) => moment <= now).map(([row]) => row);
      for (const row of due) expected.delete(row);
      expect(allDue(moments, now).toSorted()).toEqual(due.toSorted());
    }
  });
});
