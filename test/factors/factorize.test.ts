import { execFile } from 'node:child_process';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { type AlsProgress, alternatingLeastSquares } from '../../src/factors/alternating-least-squares.ts';
import { parseFactorizationOptions } from '../../src/factors/factorization-options.ts';
import { factorize } from '../../src/factors/factorize.ts';
import { fitFeatureMap } from '../../src/factors/fit-feature-map.ts';
import { randomInteractions } from '../support/planted-interactions.ts';

const slow = process.env.WARMSTART_SLOW_TESTS ? test : test.skip;
const options = { factors: 8, iterations: 3 };

test('the thread returns the same factors as the computation in this thread', async () => {
  const expected = alternatingLeastSquares(randomInteractions(50, 40, 300), parseFactorizationOptions(options));
  const { maps, ...factors } = await factorize({ interactions: randomInteractions(50, 40, 300), options });
  expect(factors).toEqual(expected);
  expect(maps).toEqual({});
});

test('fits a feature map to the factors of each side that has features', async () => {
  const rows = () => ({
    features: {
      rows: 50,
      slots: 1,
      indices: Int32Array.from({ length: 50 }, (_, row) => row % 3),
      weights: new Float32Array(50).fill(1),
    },
    vocabularyRows: 3,
  });
  const interactions = randomInteractions(50, 40, 300);
  const { users, maps } = await factorize({ interactions, options, features: { users: rows() } });
  expect(maps).toEqual({ users: fitFeatureMap(rows(), users, { ridge: 1 }) });
});

test('hands arrays over to the thread, and leaves shared arrays', async () => {
  const { values, ...interactions } = randomInteractions(50, 40, 300);
  const shared = new Float32Array(new SharedArrayBuffer(values.byteLength));
  shared.set(values);
  await factorize({ interactions: { ...interactions, values: shared }, options });
  expect(interactions.userRows.length).toBe(0);
  expect(shared).toEqual(values);
});

test('does not block the event loop for more than 20 ms, and reports progress', async () => {
  const interactions = randomInteractions(20_000, 5_000, 200_000);
  const seen: AlsProgress[] = [];
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const options = { factors: 32, iterations: 1 };
  await factorize({ interactions, options, onProgress: (progress) => seen.push(progress) });
  delay.disable();
  // In this thread the work would block for a second. Another process may cause one delay in a hundred.
  expect(delay.percentile(99) / 1e6).toBeLessThan(20);
  expect(delay.max / 1e6).toBeLessThan(200);
  expect(seen.length).toBeGreaterThan(1);
  expect(seen.at(-1)).toMatchObject({ fraction: 1, iteration: 1 });
});

test('ends the thread at once and throws the reason of the signal when it aborts', async () => {
  const controller = new AbortController();
  const interactions = randomInteractions(20_000, 5_000, 200_000);
  const reason = new Error('no longer wanted');
  const onProgress = () => controller.abort(reason);
  const running = factorize({
    interactions,
    options: { iterations: 1000 },
    signal: controller.signal,
    onProgress,
  });
  await expect(running).rejects.toBe(reason);
});

test('starts no thread and leaves the arrays when the signal has already aborted', async () => {
  const interactions = randomInteractions(5, 4, 30);
  const signal = AbortSignal.abort(new Error('too late'));
  await expect(factorize({ interactions, signal })).rejects.toThrow('too late');
  expect(interactions.userRows.length).toBe(30);
});

test('refuses invalid interactions and invalid options with their code', async () => {
  const interactions = { ...randomInteractions(5, 4, 30), users: 2 };
  await expect(factorize({ interactions })).rejects.toMatchObject({
    name: 'WarmstartError',
    code: 'INVALID_DATA',
    message: expect.stringMatching(/^userRows\[\d+\] of the interactions: expected a row in \[0, 2\), got [2-4]/),
  });
  await expect(factorize({ interactions, options: { factors: 0 } })).rejects.toMatchObject({
    code: 'INVALID_CONFIGURATION',
    message: expect.stringMatching(/^The configuration of the factorization is wrong: factors: .*, got 0/),
  });
});

test('throws the cause when the thread dies', async () => {
  // The factors exceed the maximum length of an array.
  const interactions = { ...randomInteractions(5, 4, 30), users: 2 ** 23 };
  await expect(factorize({ interactions, options: { factors: 1024 } })).rejects.toThrow(/^The factorization failed: /);
});

test('ends the work and throws what onProgress throws', async () => {
  const onProgress = () => {
    throw new Error('the listener is wrong');
  };
  const running = factorize({ interactions: randomInteractions(50, 40, 300), options, onProgress });
  await expect(running).rejects.toThrow('the listener is wrong');
});

/** Measures in a process of its own, because the memory of Jest varies. */
async function peakMegabytes(interactions: number, factors: number, limit: number): Promise<number> {
  const script = fileURLToPath(new URL('../support/memory-of-factorizing.ts', import.meta.url));
  const started = performance.now();
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', script, String(interactions), String(factors)],
    { timeout: limit },
  );
  const peak = Number(stdout.trim().split('\n').at(-1));
  if (process.env.WARMSTART_SLOW_TESTS) {
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    process.stderr.write(`${interactions} interactions, ${factors} factors: ${seconds} s, ${peak} MB at most\n`);
  }
  return peak;
}

test('memory grows by at most 60 bytes for each interaction', async () => {
  const [few, many] = [await peakMegabytes(1_000, 2, 30_000), await peakMegabytes(2_001_000, 2, 30_000)];
  // Another 16 MB allow for the garbage collector and the 165,000 rows.
  expect(many - few).toBeLessThan(2 * 60 + 16);
});

slow(
  '20 million interactions and 64 factors need less than 1.5 GB',
  async () => {
    expect(await peakMegabytes(20_000_000, 64, 600_000)).toBeLessThan(1500);
  },
  600_000,
);
