import { describe, expect, test } from '@jest/globals';
import { readConfig } from '../src/config.ts';

describe('readConfig', () => {
  test('has a default for everything', () => {
    expect(readConfig({})).toEqual({
      databaseUrl: undefined,
      dataDirectory: '.warmstart',
      host: '127.0.0.1',
      port: 4000,
      engine: 'auto',
      engineProvider: 'cpu',
      engineThreads: 1,
      ratingScale: { minimum: 1, maximum: 5 },
      candidates: 5000,
      promotionMargin: 0.01,
      logLevel: 'info',
      introspection: false,
    });
  });

  test('cannot be changed once read', () => {
    expect(Object.isFrozen(readConfig({}))).toBe(true);
  });

  test('takes an empty variable as not set', () => {
    expect(readConfig({ DATABASE_URL: '', WARMSTART_PORT: '' })).toMatchObject({
      databaseUrl: undefined,
      port: 4000,
    });
  });

  test('names every wrong variable at once', () => {
    const read = () =>
      readConfig({ DATABASE_URL: 'mysql://x', WARMSTART_PORT: '70000', WARMSTART_CANDIDATES: '0' });
    expect(read).toThrow(/DATABASE_URL(.|\n)*WARMSTART_PORT(.|\n)*WARMSTART_CANDIDATES/);
  });

  test.each(['-0.1', '1.5', 'NaN', 'much'])('refuses the promotion margin %s', (margin) => {
    expect(() => readConfig({ WARMSTART_PROMOTION_MARGIN: margin })).toThrow('WARMSTART_PROMOTION_MARGIN');
  });

  test('refuses a rating scale without room', () => {
    expect(() => readConfig({ WARMSTART_RATING_MINIMUM: '5' })).toThrow('must be below');
  });
});
