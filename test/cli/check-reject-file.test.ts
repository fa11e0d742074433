import { link, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { checkRejectFile } from '../../src/cli/check-reject-file.ts';
import { endOfWarmstart } from '../support/server-process.ts';

jest.setTimeout(60_000);

describe('the file of rejected rows', () => {
  let folder: string;
  const at = (...names: string[]) => join(folder, ...names);
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'warmstart-check-reject-file-'));
    await mkdir(at('data'));
    await writeFile(at('data', 'events.csv'), 'user,item\nu1,i1\n');
    await writeFile(at('mapping.json'), '{}');
    await writeFile(at('other.csv'), 'file,line,reason,row\n');
    await symlink(at('data', 'events.csv'), at('symbolic.csv'));
    await link(at('data', 'events.csv'), at('hard.csv'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test.each(['data/../data/events.csv', 'symbolic.csv', 'hard.csv', 'mapping.json'])(
    'cannot be one that is read, by whatever path: %s',
    async (name) => {
      const inputs = [at('data'), at('mapping.json')];
      await expect(checkRejectFile(at(name), inputs)).rejects.toThrow(
        /^--rejects: expected a file that the import does not read, got .*, which is the input .*; name another file/,
      );
    },
  );

  test.each(['other.csv', 'new.csv'])('can be another one: %s', async (name) => {
    await checkRejectFile(at(name), [at('data'), at('mapping.json')]);
  });

  test('can be any if what is read is not there', async () => {
    await checkRejectFile(at('other.csv'), [at('nowhere'), '-']);
  });

  test('is checked before import reads a file or opens the database', async () => {
    const args = ['import', 'data', '--map', 'mapping.json', '--dry-run', '--rejects'];
    for (const rejects of ['data/events.csv', 'mapping.json']) {
      const { status, errors } = await endOfWarmstart(
        [...args, rejects],
        { DATABASE_URL: 'postgres://x:1/x' },
        { folder },
      );
      expect([status, errors]).toEqual([1, expect.stringMatching(/^error: --rejects: expected a file that [^\n]*\n$/)]);
    }
    expect(await readFile(at('data', 'events.csv'), 'utf8')).toBe('user,item\nu1,i1\n');
    expect(await readFile(at('mapping.json'), 'utf8')).toBe('{}');
  });
});
