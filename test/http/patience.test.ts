import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Patience } from '../../src/http/patience.ts';

describe('Patience', () => {
  let now = 0;
  beforeEach(() => {
    now = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => now);
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  /** Lets requests begin every 10 ms, each after a wait. */
  const begin = (patience: Patience, milliseconds: number, wait: number) => {
    for (const until = now + milliseconds; now < until; now += 10) patience.waited(wait);
    patience.waited(wait);
  };

  test('is a second while requests wait for at most 20 ms', () => {
    const patience = new Patience();
    begin(patience, 60_000, 20);
    expect(patience.milliseconds).toBe(1000);
  });

  test('falls to 10 ms within 3 s in which requests wait for longer', () => {
    const patience = new Patience();
    begin(patience, 1000, 21);
    // 1 of 3 parts of the way from 1000 to 10.
    expect(patience.milliseconds).toBeCloseTo(670, 10);
    begin(patience, 2000, 21);
    expect(patience.milliseconds).toBe(10);
    begin(patience, 60_000, 500);
    expect(patience.milliseconds).toBe(10);
  });

  test('grows again as fast as it fell, also in a time without requests', () => {
    const patience = new Patience();
    begin(patience, 9000, 21);
    begin(patience, 1000, 0);
    expect(patience.milliseconds).toBeCloseTo(10 + 330, 10);
    now += 2000;
    patience.waited(21);
    expect(patience.milliseconds).toBe(1000);
  });
});
