import * as childProcess from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { BenchmarkRequest } from '../../src/model-benchmark/benchmark-request.ts';
import type { RejectedRows } from '../../src/model-benchmark/dataset-tables.ts';
import { readBenchmarkData } from '../../src/model-benchmark/open-experiment.ts';
import { folderWith } from '../datasets/dataset-fixtures.ts';
import { plantedFolder } from './planted-folder.ts';

const tsx = pathToFileURL(join(import.meta.dirname, '../../node_modules/tsx/dist/loader.mjs')).href;
const children: childProcess.ChildProcess[] = [];

// A child process inherits the hooks of tsx. Jest has none, so the test adds them. Everything else is real.
jest.unstable_mockModule('node:child_process', () => ({
  ...childProcess,
  fork(module: string, options: childProcess.ForkOptions) {
    const child = childProcess.fork(module, { ...options, execArgv: ['--import', tsx] });
    children.push(child);
    return child;
  },
}));
const { measureInProcess } = await import('../../src/model-benchmark/measure-in-process.ts');

describe('measureInProcess', () => {
  let request: BenchmarkRequest;

  beforeEach(async () => {
    const files = plantedFolder();
    const data = await folderWith({ ...files, 'ratings.csv': `${files['ratings.csv']}u77,f1,4\n` });
    request = { taskKind: 'USER', data, seeds: 1, splitSeed: 1, epochs: 2 };
  });

  const ended = async (child: childProcess.ChildProcess | undefined) => {
    if (child?.exitCode === null && child.signalCode === null)
      await new Promise((resolve) => child.once('exit', resolve));
    return [child?.exitCode, child?.signalCode];
  };

  test('returns the measurement of the process, with its progress and its invalid rows', async () => {
    const seen: string[] = [];
    const rejected: RejectedRows[] = [];
    const measured = await measureInProcess(
      { request, model: 'dcn' },
      {
        onRead: (rows) => rejected.push(...rows),
        onProgress: (seed, { phase }) => seen.push(`${seed} ${phase}`),
      },
    );
    expect(measured).toMatchObject({ model: 'dcn', epochs: 2, seeds: 1, testTasks: 12 });
    expect(seen).toContain('1 training');
    expect(rejected).toEqual([
      { file: 'ratings.csv', count: 1, first: { line: 1202, reason: 'there is no user with the ID "u77"' } },
    ]);
    expect(await ended(children.at(-1))).toEqual([0, null]);
  });

  test('measures a dataset in memory like the folder that it was read from', async () => {
    const given = { ...request, lists: { hide: 'random' } } as const;
    const { tables } = await readBenchmarkData(given);
    const measured = [
      await measureInProcess({ request: given, model: 'item-knn' }),
      await measureInProcess({ request: { ...given, data: tables }, model: 'item-knn' }),
    ];
    const [ofFolder, inMemory] = measured.map(({ lists, listCounts, testTasks }) => ({ lists, listCounts, testTasks }));
    expect(inMemory).toEqual(ofFolder);
  });

  test('the process ends when its parent is gone', async () => {
    await new Promise<void>((resolve) => {
      const onProgress = () => {
        // This is the state of the channel after the parent was killed.
        if (children.at(-1)?.connected) children.at(-1)?.disconnect();
        resolve();
      };
      void measureInProcess({ request: { ...request, epochs: 100_000 }, model: 'dcn' }, { onProgress });
    });
    expect(await ended(children.at(-1))).toEqual([1, null]);
  });

  test('throws the error of the process with its code', async () => {
    const nowhere = { ...request, data: join(request.data as string, 'nowhere') };
    await expect(measureInProcess({ request: nowhere, model: 'dcn' })).rejects.toMatchObject({
      name: 'WarmstartError',
      code: 'INVALID_DATA',
      message: expect.stringContaining('expected a MovieLens folder or a folder of'),
    });
    await expect(ended(children.at(-1))).resolves.toEqual([0, null]);
  });

  test('ends the process when the signal aborts', async () => {
    const abort = new AbortController();
    const reason = new Error('no longer wanted');
    const long = { request: { ...request, epochs: 100_000 }, model: 'dcn' };
    const measuring = measureInProcess(long, { onProgress: () => abort.abort(reason) }, abort.signal);
    await expect(measuring).rejects.toBe(reason);
    expect(await ended(children.at(-1))).toEqual([null, 'SIGTERM']);
  });

  test('starts no process if the signal has already aborted', async () => {
    const before = children.length;
    const reason = new Error('never wanted');
    await expect(measureInProcess({ request, model: 'dcn' }, {}, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(children.length).toBe(before);
  });

  test('throws when the process is killed, for example because it is out of memory', async () => {
    const long = { request: { ...request, epochs: 100_000 }, model: 'dcn' };
    const measuring = measureInProcess(long, { onProgress: () => children.at(-1)?.kill('SIGKILL') });
    await expect(measuring).rejects.toThrow('measuring dcn ended early (SIGKILL)');
  });
});
