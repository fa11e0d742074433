import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { readConfig, settingDefaults } from '../src/config.ts';

describe('readConfig', () => {
  test('has a default for every setting', () => {
    expect(readConfig({})).toEqual({
      databaseUrl: undefined,
      dataDirectory: '.warmstart',
      host: '127.0.0.1',
      port: 4000,
      engine: 'auto',
      engineProvider: 'cpu',
      engineThreads: 1,
      ratingScale: { minimum: 1, maximum: 5 },
      seenBy: undefined,
      candidates: 25_000,
      freshShare: 0.1,
      comparedItems: 100_000,
      cachedItems: 400_000,
      maxItems: 2_000_000,
      endUserTokens: undefined,
      limits: {
        bodyBytes: 1_000_000,
        tokens: 1000,
        depth: 12,
        aliases: 30,
        directives: 30,
        cost: 10_000,
        costPerMinute: 600_000,
        userCostPerMinute: 60_000,
        requestsInProgress: 500,
        requestsPerMinute: 6000,
        failedAuthenticationsPerMinute: 30,
      },
      corsOrigins: [],
      trustedProxies: 0,
      operationSeconds: 10,
      drainSeconds: 20,
      tracesEndpoint: undefined,
      promotionMargin: 0.01,
      retention: { versions: 20, logDays: 90 },
      logLevel: 'info',
      introspection: false,
    });
  });

  test('returns a frozen object', () => {
    expect(Object.isFrozen(readConfig({}))).toBe(true);
  });

  test('treats an empty variable as not set', () => {
    expect(readConfig({ DATABASE_URL: '', WARMSTART_PORT: '' })).toMatchObject({
      databaseUrl: undefined,
      port: 4000,
    });
  });

  test('names every wrong variable at once', () => {
    const read = () => readConfig({ DATABASE_URL: 'mysql://x', WARMSTART_PORT: '70000', WARMSTART_CANDIDATES: '0' });
    expect(read).toThrow(/DATABASE_URL(.|\n)*WARMSTART_PORT(.|\n)*WARMSTART_CANDIDATES/);
  });

  test('reports the expected value and the received one', () => {
    expect(() => readConfig({ WARMSTART_PORT: 'abc' })).toThrow(
      'WARMSTART_PORT: expected an integer in decimal digits, got "abc"',
    );
    expect(() => readConfig({ WARMSTART_PROMOTION_MARGIN: 'much' })).toThrow(
      'WARMSTART_PROMOTION_MARGIN: expected a number in decimal digits, such as 0.5, got "much"',
    );
    expect(() => readConfig({ WARMSTART_PORT: '70000' })).toThrow(/WARMSTART_PORT: .*65535, got "70000"/);
    expect(() => readConfig({ WARMSTART_ENGINE: 'gpu' })).toThrow(/WARMSTART_ENGINE: .*"auto".*, got "gpu"/);
    const expected = 'DATABASE_URL: expected a URL that begins with postgres:// or postgresql://, got';
    expect(() => readConfig({ DATABASE_URL: 'mysql://x' })).toThrow(`${expected} one that begins with mysql://`);
    expect(() => readConfig({ DATABASE_URL: 'hush:hush@host' })).toThrow(`${expected} something else`);
  });

  test.each([
    ['DATABASE_URL', 'mysql://me:hush@host/x'],
    ['DATABASE_URL', 'me:hush@host'],
    ['DATABASE_URL', 'postgres://me:hush@host/x?schema=other'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'ftp://me:hush@collector'],
    ['WARMSTART_JWT_SECRETS', 'hush'],
  ])('never shows the secret in %s', (name, value) => {
    expect(() => readConfig({ [name]: value })).toThrow(name);
    expect(() => readConfig({ [name]: value })).not.toThrow(/hush/);
  });

  test.each(['BODY_BYTES', 'TOKENS', 'DEPTH', 'ALIASES', 'DIRECTIVES', 'COST'])(
    'refuses the former name of the limit %s and names the present one',
    (limit) => {
      expect(() => readConfig({ [`WARMSTART_MOST_${limit}`]: '1000' })).toThrow(
        `WARMSTART_MOST_${limit}: this setting has been renamed; use WARMSTART_MAX_${limit}`,
      );
      expect(settingDefaults()).toHaveProperty(`WARMSTART_MAX_${limit}`);
    },
  );

  test('refuses unknown names, except those of tests and clients', () => {
    expect(() => readConfig({ WARMSTART_PROT: '1', WARMSTART_HOSTS: 'x' })).toThrow(
      /WARMSTART_PROT: this setting does not exist(.|\n)*WARMSTART_HOSTS: this setting does not exist/,
    );
    const others = { WARMSTART_SLOW_TESTS: '1', WARMSTART_TEST_SERVER: 'x', WARMSTART_MOVIELENS: 'x' };
    expect(readConfig({ ...others, WARMSTART_KEY: 'x', WARMSTART_OLD: '', HOME: '/' })).toEqual(readConfig({}));
  });

  test.each(['1e3', '0x10', '0b1', '1.0', ' 7', '+7', '7.5', '1_000', 'Infinity', '١'])(
    'refuses the integer "%s"',
    (text) => {
      expect(() => readConfig({ WARMSTART_PORT: text })).toThrow(
        `WARMSTART_PORT: expected an integer in decimal digits, got "${text}"`,
      );
    },
  );

  test('accepts decimal fractions and signs where a setting allows them', () => {
    const variables = { WARMSTART_RATING_MINIMUM: '-0.5', WARMSTART_RATING_MAXIMUM: '10' };
    expect(readConfig(variables).ratingScale).toEqual({ minimum: -0.5, maximum: 10 });
    expect(readConfig({ WARMSTART_PROMOTION_MARGIN: '0.25' }).promotionMargin).toBe(0.25);
  });

  test.each(['-0.1', '1.5', 'NaN', 'much', '1e-2', '0x0', '.', '0.', ' 0.1'])(
    'refuses the promotion margin %s',
    (margin) => {
      expect(() => readConfig({ WARMSTART_PROMOTION_MARGIN: margin })).toThrow('WARMSTART_PROMOTION_MARGIN');
    },
  );

  test('refuses an empty rating scale, and a budget below the cost of one operation', () => {
    expect(() => readConfig({ WARMSTART_RATING_MINIMUM: '5' })).toThrow(
      'WARMSTART_RATING_MINIMUM: 5 must be below WARMSTART_RATING_MAXIMUM (5)',
    );
    expect(() => readConfig({ WARMSTART_COST_PER_MINUTE: '9999' })).toThrow(
      'WARMSTART_MAX_COST: 10000 must be at most WARMSTART_COST_PER_MINUTE (9999)',
    );
    expect(readConfig({ WARMSTART_COST_PER_MINUTE: '10000' }).limits.costPerMinute).toBe(10_000);
    expect(() => readConfig({ WARMSTART_USER_COST_PER_MINUTE: '9999' })).toThrow(
      'WARMSTART_MAX_COST: 10000 must be at most WARMSTART_USER_COST_PER_MINUTE (9999)',
    );
  });

  test('reports settings that contradict each other together with settings that are wrong on their own', () => {
    const read = () => readConfig({ WARMSTART_RATING_MINIMUM: '7', WARMSTART_MAX_COST: '700000', WARMSTART_PORT: 'x' });
    expect(read).toThrow(/WARMSTART_PORT(.|\n)*WARMSTART_RATING_MINIMUM(.|\n)*WARMSTART_MAX_COST/);
  });

  test('reads the types of interactions that hide an item, or NONE', () => {
    const read = (WARMSTART_SEEN_BY: string) => readConfig({ WARMSTART_SEEN_BY }).seenBy;
    expect(read('RATE, PURCHASE')).toEqual(['RATE', 'PURCHASE']);
    expect(read('NONE')).toEqual([]);
    expect(read('')).toBeUndefined();
    for (const wrong of ['rate', 'RATE,', 'RATE,NONE', 'none'])
      expect(() => read(wrong)).toThrow('expected names of types of interactions separated by commas');
  });

  test('accepts origins in the form that browsers send', () => {
    const variables = { WARMSTART_CORS_ORIGINS: 'https://shop.example, http://localhost:3000' };
    expect(readConfig(variables).corsOrigins).toEqual(['https://shop.example', 'http://localhost:3000']);
    for (const wrong of ['*', 'shop.example', 'https://shop.example/', 'https://shop.example,']) {
      expect(() => readConfig({ WARMSTART_CORS_ORIGINS: wrong })).toThrow('expected origins');
    }
  });

  test('does not compare a setting that is wrong on its own', () => {
    expect(() => readConfig({ WARMSTART_RATING_MINIMUM: 'x' })).toThrow(
      /^these settings are wrong:\n {2}WARMSTART_RATING_MINIMUM: [^\n]*$/,
    );
  });

  test('sends traces to the traces endpoint, or to a path below the endpoint of all signals', () => {
    const all = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318/' };
    expect(readConfig(all).tracesEndpoint).toBe('http://collector:4318/v1/traces');
    const own = { ...all, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://traces/in' };
    expect(readConfig(own).tracesEndpoint).toBe('https://traces/in');
    expect(() => readConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' })).toThrow('OTEL_EXPORTER_OTLP_ENDPOINT');
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

  describe('tokens of end users', () => {
    const issuer = { WARMSTART_JWT_ISSUER: 'https://id.example', WARMSTART_JWT_AUDIENCE: 'shop' };
    const secret = { WARMSTART_JWT_SECRET: 's'.repeat(32) };
    const keys = { WARMSTART_JWT_JWKS_URL: 'https://id.example/keys' };

    test('are verified with the secret, by default with HS256', () => {
      expect(readConfig({ ...issuer, ...secret }).endUserTokens).toEqual({
        issuer: 'https://id.example',
        audience: 'shop',
        algorithms: ['HS256'],
        key: { secret: Buffer.from('s'.repeat(32)) },
      });
    });

    test('are verified with public keys, by default with RS256', () => {
      expect(readConfig({ ...issuer, ...keys }).endUserTokens).toEqual({
        issuer: 'https://id.example',
        audience: 'shop',
        algorithms: ['RS256'],
        key: { jwksUrl: new URL('https://id.example/keys') },
      });
      const algorithms = { WARMSTART_JWT_ALGORITHMS: 'ES256, EdDSA' };
      expect(readConfig({ ...issuer, ...keys, ...algorithms }).endUserTokens?.algorithms).toEqual(['ES256', 'EdDSA']);
    });

    test.each<[string, NodeJS.ProcessEnv, RegExp]>([
      ['a secret without issuer and audience', secret, /WARMSTART_JWT_ISSUER(.|\n)*WARMSTART_JWT_AUDIENCE/],
      ['an issuer without keys', issuer, /WARMSTART_JWT_JWKS_URL, WARMSTART_JWT_SECRET: .* got neither/],
      ['algorithms alone', { WARMSTART_JWT_ALGORITHMS: 'RS256' }, /got neither/],
      ['a secret beside public keys', { ...issuer, ...secret, ...keys }, /got both/],
      ['a secret of 31 bytes', { ...issuer, WARMSTART_JWT_SECRET: 's'.repeat(31) }, /at least 32 .* got 31/],
      [
        'a secret of 32 bytes for HS512',
        { ...issuer, ...secret, WARMSTART_JWT_ALGORITHMS: 'HS256,HS512' },
        /at least 64/,
      ],
      [
        'HS256 beside public keys',
        { ...issuer, ...keys, WARMSTART_JWT_ALGORITHMS: 'RS256,HS256' },
        /WARMSTART_JWT_ALGORITHMS.*got HS256/,
      ],
      ['RS256 beside a secret', { ...issuer, ...secret, WARMSTART_JWT_ALGORITHMS: 'RS256' }, /got RS256/],
      ['no signature', { ...issuer, ...keys, WARMSTART_JWT_ALGORITHMS: 'none' }, /got none/],
      ['no algorithm', { ...issuer, ...keys, WARMSTART_JWT_ALGORITHMS: ' , ' }, /got none/],
      [
        'public keys over unencrypted HTTP',
        { ...issuer, WARMSTART_JWT_JWKS_URL: 'http://id.example/keys' },
        /WARMSTART_JWT_JWKS_URL: expected an https URL/,
      ],
      ['keys at no URL', { ...issuer, WARMSTART_JWT_JWKS_URL: 'keys' }, /expected an https URL/],
      ['keys in a file', { ...issuer, WARMSTART_JWT_JWKS_URL: 'file:///keys' }, /expected an https URL/],
    ])('refuses %s', (_what, variables, message) => {
      expect(() => readConfig(variables)).toThrow(message);
    });

    test('reports their errors together with all others, and never shows the secret', () => {
      const read = () =>
        readConfig({ WARMSTART_PORT: 'x', WARMSTART_RATING_MINIMUM: 'y', WARMSTART_JWT_SECRET: 'hush' });
      expect(read).toThrow(/WARMSTART_PORT(.|\n)*WARMSTART_RATING_MINIMUM(.|\n)*WARMSTART_JWT_SECRET/);
      expect(read).not.toThrow(/hush/);
    });
  });
});
