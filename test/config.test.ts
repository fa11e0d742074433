import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { readConfig, settingDefaults } from '../src/config.ts';

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
      limits: {
        bodyBytes: 1_000_000,
        tokens: 1000,
        depth: 12,
        aliases: 30,
        directives: 30,
        cost: 10_000,
        costPerMinute: 600_000,
        failedAuthenticationsPerMinute: 30,
      },
      trustedProxies: 0,
      drainSeconds: 20,
      tracesEndpoint: undefined,
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

  test('refuses a rating scale without room, and points for less than one operation', () => {
    expect(() => readConfig({ WARMSTART_RATING_MINIMUM: '5' })).toThrow(
      'WARMSTART_RATING_MINIMUM: 5 must be below WARMSTART_RATING_MAXIMUM (5)',
    );
    expect(() => readConfig({ WARMSTART_COST_PER_MINUTE: '9999' })).toThrow(
      'WARMSTART_MOST_COST: 10000 must be at most WARMSTART_COST_PER_MINUTE (9999)',
    );
    expect(readConfig({ WARMSTART_COST_PER_MINUTE: '10000' }).limits.costPerMinute).toBe(10_000);
  });

  test('names settings that do not go together at once with those that are wrong by themselves', () => {
    const read = () =>
      readConfig({ WARMSTART_RATING_MINIMUM: '7', WARMSTART_MOST_COST: '700000', WARMSTART_PORT: 'x' });
    expect(read).toThrow(/WARMSTART_PORT(.|\n)*WARMSTART_RATING_MINIMUM(.|\n)*WARMSTART_MOST_COST/);
  });

  test('does not compare what is wrong by itself', () => {
    expect(() => readConfig({ WARMSTART_RATING_MINIMUM: 'x' })).toThrow(
      /^these settings are wrong:\n {2}WARMSTART_RATING_MINIMUM: [^\n]*$/,
    );
  });

  test('sends traces to their own endpoint, or to a path of the one of all signals', () => {
    const all = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318/' };
    expect(readConfig(all).tracesEndpoint).toBe('http://collector:4318/v1/traces');
    const own = { ...all, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://traces/in' };
    expect(readConfig(own).tracesEndpoint).toBe('https://traces/in');
    expect(() => readConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' })).toThrow(
      'OTEL_EXPORTER_OTLP_ENDPOINT',
    );
  });

  test('has exactly the settings of docs/settings.md, with the same defaults', async () => {
    const page = await readFile('docs/settings.md', 'utf8');
    const rows = [...page.matchAll(/^\| `(\w+)` \| (?:`([^`]+)`|none) \|/gm)];
    const written = rows.map(([, name, value]) => [name, value]);
    const known = Object.entries(settingDefaults()).map(([name, value]) => [
      name,
      value === undefined ? undefined : String(value),
    ]);
    expect(written.sort()).toEqual(known.sort());
    expect(rows).toHaveLength((page.match(/^\| `/gm) ?? []).length);
  });
});
