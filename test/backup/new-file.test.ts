import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { writeNewFile } from '../../src/backup/new-file.ts';

const root = join(import.meta.dirname, '..', '..');
const urlOf = (...names: string[]) => pathToFileURL(join(root, ...names)).href;

describe('writeNewFile', () => {
  let folder: string;
  let path: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'warmstart-new-file-'));
    path = join(folder, 'all.backup');
  });
  beforeEach(() => rm(path, { force: true }));
  afterAll(() => rm(folder, { recursive: true }));

  /** Writes a file in such a way that others begin before it ends, and end at different times. */
  const write = (content: string, milliseconds: number, force: boolean) =>
    writeNewFile(path, { force }, async (partialPath) => {
      await writeFile(partialPath, content, { flag: 'wx' });
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
    });

  test('lets several write one file at the same time: the last one that ends has written it', async () => {
    await Promise.all([write('second', 60, true), write('first', 20, true)]);
    expect(await readFile(path, 'utf8')).toBe('second');
    expect(await readdir(folder)).toEqual(['all.backup']);
  });

  test('keeps the file of another that has ended before, unless it may be replaced', async () => {
    const [late, early] = await Promise.allSettled([write('late', 60, false), write('early', 20, false)]);
    expect([late.status, early.status]).toEqual(['rejected', 'fulfilled']);
    expect(late).toMatchObject({ reason: { message: expect.stringContaining('is there already; name another file') } });
    expect(await readFile(path, 'utf8')).toBe('early');
    expect(await readdir(folder)).toEqual(['all.backup']);
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('leaves no file if the process receives %s', async (signal) => {
    const code = `import { writeFileSync } from 'node:fs';
      import { writeNewFile } from ${JSON.stringify(urlOf('src', 'backup', 'new-file.ts'))};
      await writeNewFile(${JSON.stringify(path)}, {}, async (partialPath) => {
        writeFileSync(partialPath, 'begun');
        console.log('writes');
        await new Promise((resolve) => setTimeout(resolve, 60_000));
      });`;
    const tsx = urlOf('node_modules', 'tsx', 'dist', 'loader.mjs');
    const child = spawn(process.execPath, ['--import', tsx, '--input-type=module', '--eval', code]);
    await once(child.stdout, 'data');
    expect(await readdir(folder)).toEqual([expect.stringMatching(/^all\.backup\.[0-9a-f]{8}\.partial$/)]);
    child.kill(signal);
    expect(await once(child, 'close')).toEqual([null, signal]);
    expect(await readdir(folder)).toEqual([]);
  });
});
