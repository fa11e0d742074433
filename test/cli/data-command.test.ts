import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { endOfWarmstart } from '../support/server-process.ts';

jest.setTimeout(60_000);

describe('data download', () => {
  const server = createServer((_, response) => response.end('not the archive'));
  let folder: string;
  const download = (...args: string[]) => endOfWarmstart(['data', 'download', ...args], {}, { folder });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'warmstart-download-'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    server.close();
    await rm(folder, { recursive: true, force: true });
  });

  test('exits with status 1 and one line that says what to put where if the file is another one', async () => {
    const from = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { status, output, errors } = await download('movielens-20m', '--to', 'films', '--from', from);
    expect({ status, output }).toEqual({ status: 1, output: '' });
    expect(errors).toMatch(
      new RegExp(
        `^error: ${from}/ml-20m\\.zip: expected a file with the MD5 cd245b17a1ae2cc31bb14903e1204af3, got .*` +
          `fetch ${from}/ml-20m\\.zip by hand, .* put its files movies\\.csv and ratings\\.csv into ${folder}/films\n$`,
        'm',
      ),
    );
    expect(await readdir(folder)).toEqual([]);
  });

  test('names the datasets that there are, and an example of an address', async () => {
    expect((await download('movielens-3m')).errors).toContain('Allowed choices are movielens-1m, movielens-20m.');
    expect((await download('movielens-1m', '--from', 'mirror')).errors).toBe(
      'error: --from: expected an address such as https://files.grouplens.org/datasets/movielens/, got "mirror"\n',
    );
  });
});
