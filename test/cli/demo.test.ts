import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const root = join(import.meta.dirname, '..', '..');
const threeMinutes = 180_000;
const movieLens = process.env.WARMSTART_MOVIELENS ?? join(root, '..', 'shared', 'data', 'ml-1m');

describe('npm run demo', () => {
  let data: string;

  const demo = async (...args: string[]) => {
    const env = { ...process.env, WARMSTART_DATA_DIR: data, WARMSTART_PORT: '0', DATABASE_URL: '' };
    return (await promisify(execFile)('npm', ['run', '-s', 'demo', '--', '--exit', ...args], { cwd: root, env }))
      .stdout;
  };

  beforeAll(async () => {
    data = await mkdtemp(join(tmpdir(), 'warmstart-demo-'));
  });
  afterAll(() => rm(data, { recursive: true, force: true }));

  test(
    'says that its data is synthetic, and shows how three ratings change the list',
    async () => {
      const output = await demo();
      expect(output).toContain('synthetic');
      expectTwoLists(output);
    },
    threeMinutes,
  );

  // It trains for more than a minute.
  (existsSync(movieLens) && process.env.WARMSTART_SLOW_TESTS ? test : test.skip)(
    `shows the change on real ratings (slow; skipped if ${movieLens} is missing)`,
    async () => expectTwoLists(await demo('--data', movieLens)),
    threeMinutes,
  );
});

function expectTwoLists(output: string): void {
  expect(output).toMatch(/before: (popular|profile by model version 1) +after: adapted by model version 1/);
  const [, before10, after10] = output.match(/(\d+) of 10 before the ratings, (\d+) of 10 after/) ?? [];
  expect(Number(after10)).toBeGreaterThan(Number(before10));
  const rows = output.match(/^ *\d+ .{3,} {3,}\d+ .+$/gm) ?? [];
  expect(rows).toHaveLength(10);
  const column = (pattern: RegExp) => rows.map((row) => row.replace(pattern, '$1'));
  const before = column(/^ *\d+ [ *] (.+?) {3,}\d+ .+$/);
  const after = column(/^ *\d+ [ *] .+? {3,}\d+ [ *] (.+)$/);
  expect(new Set([...before, ...after]).size).toBeGreaterThan(10);
}
