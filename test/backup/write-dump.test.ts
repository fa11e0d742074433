import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { writeDump } from '../../src/backup/write-dump.ts';
import { testDatabase } from '../support/test-database.ts';
import { standInProgram } from './stand-in-program.ts';

describe('writeDump', () => {
  const db = testDatabase();
  const program = standInProgram('pg_dump');
  let file: string;
  beforeAll(() => {
    file = join(program.folder, 'all.dump');
  });

  /** The program is of some version, and writes its arguments and the password into the file. */
  const isVersion = (version: string) =>
    program.does(`[ "$1" = --version ] && echo "pg_dump (PostgreSQL) ${version}" && exit
[ -z "$FAILS" ] || { echo "pg_dump: error: no" >&2; exit 1; }
printf '%s\\n' "$@" "password: $PGPASSWORD" > "\${2#--file=}"`);

  test('lets the program write the file, which only its owner can read, without the job queue', async () => {
    await isVersion('99.1');
    const url = new URL(db.url);
    await writeDump(url.href, file, {});
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const password = decodeURIComponent(url.password);
    url.password = '';
    expect((await readFile(file, 'utf8')).trim().split('\n')).toEqual([
      '--format=custom',
      expect.stringMatching(/^--file=.*\/all\.dump\.[0-9a-f]{8}\.partial$/),
      `--dbname=${url.href}`,
      '--exclude-schema=graphile_worker',
      '--exclude-schema=warmstart_restore',
      '--exclude-table-data=*.catalog_changes',
      '--exclude-table-data=*.catalog_moments',
      `password: ${password}`.trim(),
    ]);
  });

  test('keeps a file that is there, also if the program fails', async () => {
    const before = await readFile(file, 'utf8');
    await expect(writeDump(db.url, file, {})).rejects.toThrow(
      `${file} is there already; name another file, or use --force`,
    );
    process.env.FAILS = 'yes';
    await expect(writeDump(db.url, file, { force: true })).rejects.toThrow('pg_dump failed: pg_dump: error: no');
    delete process.env.FAILS;
    expect(await readFile(file, 'utf8')).toBe(before);
    expect((await readdir(program.folder)).filter((name) => name.endsWith('.partial'))).toEqual([]);
  });

  test('refuses a program that is older than the server, and names a remedy', async () => {
    await isVersion('13.2 (Debian 13.2-1)');
    await expect(writeDump(db.url, join(program.folder, 'new.dump'), {})).rejects.toThrow(
      /^expected pg_dump of PostgreSQL \d+ or newer, as the server is, got pg_dump \(PostgreSQL\) 13\.2 .*; install a newer one and put its folder first in PATH, or name a file that does not end with \.dump$/,
    );
  });
});
