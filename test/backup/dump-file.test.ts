import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { checkRestorable } from '../../src/backup/restore-backup.ts';

/** How each file of `pg_dump -Fc` begins, here of version 15. */
const archive = Buffer.from('PGDMP\x01\x0e\x00\x04\x08\x01\x01', 'latin1');

describe('a file of pg_dump without .dump in its name', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'warmstart-dump-file-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const refusalOf = async (name: string, content: Buffer) => {
    await writeFile(join(folder, name), content);
    return checkRestorable(join(folder, name)).catch(({ code, message }) => [code, message]);
  };

  test('is refused with the name that it should have', async () => {
    const path = join(folder, 'a.dmp');
    expect(await refusalOf('a.dmp', archive)).toEqual([
      'INVALID_DATA',
      `expected a name that ends with .dump for a file of pg_dump, got ${path}; nothing was changed; rename it to ${path}.dump and restore that`,
    ]);
  });

  test('is not taken for one if it begins otherwise, or is not there', async () => {
    const damaged = expect.stringContaining('which is damaged or no backup');
    for (const content of [gzipSync('PGDMP'), Buffer.from('PGD'), Buffer.alloc(0)])
      expect(await refusalOf('other', content)).toEqual(['INVALID_DATA', damaged]);
    await expect(checkRestorable(join(folder, 'nothing'))).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION' });
    await expect(checkRestorable(folder)).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION' });
  });
});
