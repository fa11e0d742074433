import { describe, expect, test } from '@jest/globals';
import { RunningLimit } from '../../src/http/running-limit.ts';
import { eventually } from '../support/eventually.ts';

describe('RunningLimit', () => {
  /** A limit between 4 and 10, and a function that ends requests after the event loop was idle, or not. */
  function limited() {
    let idle = 0;
    const limit = new RunningLimit({ least: 4, most: 10, idle: () => idle });
    const end = (times: number, wasIdle: boolean) => {
      for (let time = 0; time < times; time++) {
        if (wasIdle) idle += 0.5;
        limit.ended();
      }
    };
    return { limit, end };
  }

  test('stays at the least while the event loop is busy', () => {
    const { limit, end } = limited();
    end(100, false);
    expect(limit.requests).toBe(4);
  });

  test('rises by one for each request that ends after idle time, up to the most', () => {
    const { limit, end } = limited();
    end(2, true);
    expect(limit.requests).toBe(6);
    end(100, true);
    expect(limit.requests).toBe(10);
  });

  test('falls by one for ten requests that end without idle time between them', () => {
    const { limit, end } = limited();
    end(2, true);
    end(11, false);
    expect(limit.requests).toBe(4);
    end(1, true);
    expect(limit.requests).toBe(5);
  });

  test('knows the idle time of the event loop', async () => {
    const limit = new RunningLimit({ least: 1, most: 3 });
    await eventually(async () => {
      limit.ended();
      return limit.requests === 3;
    });
    // No idle time passes between these.
    for (let time = 0; time < 30; time++) limit.ended();
    expect(limit.requests).toBe(1);
  });
});
