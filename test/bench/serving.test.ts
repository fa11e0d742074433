import { describe, expect, test } from '@jest/globals';
import { outcomeOfAnswer } from '../../bench/serving/outcome-of-answer.ts';
import {
  latency,
  type Outcome,
  percentile,
  rounded,
  type Sample,
  secondsUntilBelow,
  shareOf,
} from '../../bench/serving/statistics.ts';
import { mixedTraffic, recordingsOf } from '../../bench/serving/traffic.ts';

describe('percentiles', () => {
  // The example of the nearest-rank method in many textbooks.
  const values = [35, 20, 15, 50, 40];

  test.each([
    [0.05, 15],
    [0.3, 20],
    [0.4, 20],
    [0.5, 35],
    [0.99, 50],
    [1, 50],
  ])('the share %d of five values is %d', (share, expected) => {
    expect(percentile(values, share)).toBe(expected);
  });

  test('99 % of 1 to 100 do not exceed 99, and 99.9 % do not exceed 100', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(percentile(hundred, 0.99)).toBe(99);
    expect(percentile(hundred, 0.999)).toBe(100);
    // 0.07 · 100 is 7.000000000000001 in binary fractions.
    expect(percentile(hundred, 0.07)).toBe(7);
  });

  test('there is none of no values', () => {
    expect(() => percentile([], 0.5)).toThrow('expected at least one value, got none');
  });
});

const sample = (at: number, milliseconds: number, outcome: Outcome = 'answered'): Sample => ({
  at,
  milliseconds,
  outcome,
});

describe('samples', () => {
  const samples = [sample(0, 10), sample(1, 30), sample(2, 1, 'shed'), sample(3, 500, 'failed')];

  test('latencies are those of answers unless another outcome is named', () => {
    expect(latency(samples, 1)).toBe(30);
    expect(latency(samples, 1, 'shed')).toBe(1);
  });

  test('one of four requests was refused', () => {
    expect(shareOf(samples, 'shed')).toBe(0.25);
    expect(shareOf([], 'shed')).toBe(0);
  });

  test('numbers are rounded to two decimals by default', () => {
    expect(rounded(2 / 3)).toBe(0.67);
    expect(rounded(2 / 3, 3)).toBe(0.667);
  });
});

describe('the time of recovery', () => {
  const limit = { limit: 20, since: 10_000, until: 14_000 };

  test('is that of the first second with fast answers only', () => {
    const samples = [sample(9_500, 5), sample(10_200, 300), sample(11_100, 5), sample(11_200, 21), sample(12_999, 20)];
    expect(secondsUntilBelow(samples, limit)).toBe(2);
  });

  test('is 0 if the first second is as fast as before', () => {
    expect(secondsUntilBelow([sample(9_999, 900), sample(10_000, 20)], limit)).toBe(0);
  });

  test('does not count seconds with refusals, with failures or without answers', () => {
    const samples = [
      ...[sample(10_100, 1), sample(10_200, 1, 'shed')],
      ...[sample(11_100, 1), sample(11_200, 1, 'failed')],
      sample(13_500, 1),
    ];
    expect(secondsUntilBelow(samples, limit)).toBe(3);
  });

  test('is unknown if it is after the end', () => {
    expect(secondsUntilBelow([sample(13_500, 1)], { ...limit, until: 13_900 })).toBeNull();
  });
});

describe('outcomes of answers', () => {
  test.each<[string, Outcome, number, string]>([
    ['a list', 'answered', 200, '{"data":{"popularItems":{"edges":[{"node":{"title":"A"}}]}}}'],
    ['a type name', 'answered', 200, '{"data":{"__typename":"Query"}}'],
    ['a mutation', 'answered', 200, '{"data":{"recordInteractions":{"results":[{}],"userErrors":[]}}}'],
    ['a refusal because of overload', 'shed', 503, '{"errors":[{"message":"try again"}]}'],
    ['an error with status 200', 'failed', 200, '{"data":{"item":null},"errors":[{"message":"no"}]}'],
    ['an error with status 400', 'failed', 400, '{"errors":[{"message":"no"}]}'],
    ['a user error', 'failed', 200, '{"data":{"recordInteractions":{"results":[],"userErrors":[{"message":"no"}]}}}'],
    ['an empty list', 'failed', 200, '{"data":{"popularItems":{"edges":[]}}}'],
    ['an object that does not exist', 'failed', 200, '{"data":{"item":null}}'],
    ['no data', 'failed', 200, '{"data":null}'],
    ['a page of a proxy', 'failed', 200, '<html></html>'],
    ['an answer cut short', 'failed', 200, '{"data":{"item"'],
  ])('%s: %s', (_what, expected, status, body) => {
    expect(outcomeOfAnswer(status, body)).toBe(expected);
  });
});

describe('traffic', () => {
  const catalog = { users: ['u1', 'u2'], items: ['i1', 'i2', 'i3'], makers: ['m1'] };

  test('70 % are lists, 20 % recorded interactions and 10 % browsing', () => {
    const next = mixedTraffic(catalog);
    const queries = Array.from({ length: 300 }, () => (JSON.parse(next()) as { query: string }).query);
    const sent = (field: string) => queries.filter((query) => query.includes(`${field}(`)).length;
    expect(sent('recommendations')).toBe(210);
    expect(sent('recordInteractions')).toBe(60);
    expect([sent('popularItems'), sent('item'), sent(' items')]).toEqual([10, 10, 10]);
  });

  test('a bulk mutation has as many interactions as asked for, of known users and items', () => {
    const { variables } = JSON.parse(recordingsOf(500, catalog)()) as {
      variables: { interactions: { user: string; item: string; type: string }[] };
    };
    expect(variables.interactions).toHaveLength(500);
    expect(new Set(variables.interactions.map(({ user, item }) => `${user} ${item}`)).size).toBe(6);
  });
});
