import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { endOfWarmstart, spawnWarmstart } from '../support/server-process.ts';
import { testDatabase } from '../support/test-database.ts';

jest.setTimeout(120_000);

describe('the command line', () => {
  const db = testDatabase();
  let folder: string;

  const run = (args: readonly string[], settings: Record<string, string> = {}) =>
    endOfWarmstart(args, { DATABASE_URL: db.url, ...settings }, { folder });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'warmstart-cli-'));
    await mkdir(join(folder, 'data'));
    await writeFile(join(folder, 'data', 'users.dat'), '1::F::25::4::12345\n2::M::35::7::54321\n');
    await writeFile(
      join(folder, 'data', 'movies.dat'),
      '10::Invented One (1999)::Comedy\n20::Invented Two (2001)::Drama\n',
    );
    await writeFile(
      join(folder, 'data', 'ratings.dat'),
      '1::10::5::978300760\n1::20::six::978300761\n2::10::3::978300762\n2::30::3::978300763\n',
    );
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('a strict import of a folder with bad rows loads nothing and exits with status 1', async () => {
    const { status, errors } = await run(['import', 'movielens', 'data', '--strict']);
    expect(errors).toContain('error: 2 rows were rejected, so nothing was loaded');
    expect(status).toBe(1);
    expect(await db.database.user.count()).toBe(0);
  });

  test('an import loads valid rows and writes rejected rows to a file with line number and reason', async () => {
    const { status, output } = await run(['import', 'movielens', 'data', '--rejects', 'bad.csv']);
    expect(status).toBe(0);
    expect(output).toMatch(/interactions +2 added, 0 changed/);
    expect(output).toContain('2 rows were rejected; bad.csv has the reasons');
    expect(output).toMatch(/^The first one is ratings\.dat, line 2: .*six/m);
    expect(await db.database.interaction.count()).toBe(2);
    const rejects = (await readFile(join(folder, 'bad.csv'), 'utf8')).trim().split('\n');
    expect(rejects).toHaveLength(3);
    expect(rejects[0]).toBe('file,line,reason,row');
    expect(rejects[1]).toMatch(/^ratings\.dat,2,.*six/);
    expect(rejects[2]).toMatch(/^ratings\.dat,4,.*there is no item with the ID ""30""/);
  });

  test('a second import changes nothing', async () => {
    const { output } = await run(['import', 'movielens', 'data', '--rejects', 'bad.csv']);
    expect(output).toMatch(/users +0 added, 0 changed, 2 unchanged/);
    expect(output).toMatch(/interactions +0 added, 0 changed, 2 unchanged/);
  });

  test('an import of synthetic data has the numbers of users and items that its options say', async () => {
    const { status, output } = await run(['import', 'synthetic', 'shop', '--users', '7', '--items', '40', '--dry-run']);
    expect(status).toBe(0);
    expect(output).toMatch(/^users +7 added, .*\nitems +40 added, /m);
    expect((await run(['import', 'synthetic', 'shop', '--users', '0'])).errors).toContain(
      'expected an integer of at least 1',
    );
  });

  test('a command completes if nobody reads its output', async () => {
    const child = spawnWarmstart(['models', 'list'], { DATABASE_URL: db.url }, { folder });
    child.stdout.destroy();
    let errors = '';
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(errors).toBe('');
  });

  test('a missing folder is a one-line error with status 1', async () => {
    const { status, errors } = await run(['import', 'movielens', 'nowhere']);
    expect(errors.trim().split('\n')).toHaveLength(1);
    expect(errors).toContain('expected a MovieLens folder at');
    expect(status).toBe(1);
  });

  test('all wrong settings are reported at once', async () => {
    const { status, errors } = await run(['serve'], { WARMSTART_PORT: 'many', WARMSTART_ENGINE: 'abacus' });
    expect(errors).toContain('WARMSTART_PORT');
    expect(errors).toContain('WARMSTART_ENGINE');
    expect(status).toBe(1);
  });

  test('an unreachable database is a one-line error without the password', async () => {
    const { status, errors } = await run(['migrate'], { DATABASE_URL: 'postgres://me:secret@127.0.0.1:1/x' });
    expect(errors).toMatch(/^error: DATABASE_URL: cannot use PostgreSQL at 127\.0\.0\.1:1, database x: .*ECONNREFUSED/);
    expect(errors).not.toContain('secret');
    expect(status).toBe(1);
  });

  test.each([[[]], [['--processes', '2']]])('an address in use is one error of one line: serve %j', async (options) => {
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
    const { port } = holder.address() as AddressInfo;
    const { status, errors } = await run(['serve', ...options], { WARMSTART_PORT: String(port) });
    holder.close();
    // The other lines are of the log.
    const [error, ...others] = errors.split('\n').filter((line) => line !== '' && !line.startsWith('{'));
    expect(error).toMatch(/^error: WARMSTART_HOST, WARMSTART_PORT: cannot listen on 127\.0\.0\.1:\d+: .*EADDRINUSE/);
    expect(others).toEqual([]);
    expect(status).toBe(1);
  });

  test.each(['0', '1.5', 'all'])('--processes %s is a one-line error', async (processes) => {
    const { status, errors } = await run(['serve', '--processes', processes]);
    expect(errors.trim().split('\n')).toHaveLength(1);
    expect(errors).toContain('expected an integer from 1 to 999, or max');
    expect(status).toBe(1);
  });

  test('more processes than PostgreSQL has connections for are a one-line error', async () => {
    const { status, errors } = await run(['serve', '--processes', '999']);
    expect(errors).toMatch(/^error: --processes: 999 server processes can need 11029 connections to PostgreSQL, which/);
    expect(errors.trim().split('\n')).toHaveLength(1);
    expect(status).toBe(1);
  });

  test('a reject file that cannot be written is a one-line error, and nothing is loaded', async () => {
    const { status, errors } = await run(['import', 'movielens', 'data', '--rejects', '/proc/nowhere/bad.csv']);
    expect(errors).toMatch(/^error: --rejects: cannot write rejected rows/m);
    expect(status).toBe(1);
  });

  test('the error about a missing engine names the command that installs it', async () => {
    const { status, errors } = await run(['train'], { WARMSTART_ENGINE: 'node-gpu' });
    expect(errors).toContain('npm install @tensorflow/tfjs-node-gpu');
    expect(status).toBe(1);
  });
});
