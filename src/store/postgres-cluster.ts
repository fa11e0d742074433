import { randomBytes, randomUUID } from 'node:crypto';
import { access, appendFile, chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { WarmstartError } from '../common/errors.ts';
import { KeptPort } from './kept-port.ts';
import { type PostgresBinaries, postgresBinaries } from './postgres-binaries.ts';

/** A database cluster in a folder, and the server on it, which any process can have started. */
export interface PostgresCluster {
  readonly superuser: string;
  readonly password: string;
  /** Returns the port of the running server on this cluster, if there is one. */
  runningPort(): Promise<number | undefined>;
  /**
   * Starts a server, by default on the port that `KeptPort` chooses. Resolves with its port when it accepts connections.
   * Rejects if the port is not free.
   */
  start(port?: number): Promise<number>;
  /** Makes all processes start the server on this port, also after a crash. */
  keepPort(port: number): Promise<void>;
  /** Closes all connections and stops the server. Call it when no other process uses the server. */
  stop(): Promise<void>;
}

const superuser = 'warmstart';
const passwordFile = 'warmstart-password';

/**
 * Opens the cluster below `directory`, and creates it if it is missing. `settings` are additional server settings, as
 * `name=value`. Throws INVALID_CONFIGURATION if the server cannot store its data there.
 */
export async function openCluster(directory: string, settings: readonly string[]): Promise<PostgresCluster> {
  await makeDirectory(directory);
  const binaries = await postgresBinaries(dirname(directory));
  await own(binaries, directory);
  const cluster = join(directory, 'cluster');
  const keptPort = new KeptPort(join(directory, 'port'));
  return {
    superuser,
    password: await ensureCluster(binaries, directory, cluster),
    runningPort: () => runningPort(binaries, cluster),
    start: async (port) => {
      const chosen = port ?? (await keptPort.choose());
      await start(binaries, directory, cluster, [`port=${chosen}`, ...settings]);
      return chosen;
    },
    keepPort: (port) => keptPort.keep(port),
    async stop() {
      await keptPort.letGo();
      await binaries.run('pg_ctl', ['stop', '--wait', '--mode=fast', `--pgdata=${cluster}`]);
    },
  };
}

async function makeDirectory(directory: string): Promise<void> {
  // pg_ctl passes the path to a shell in double quotes.
  if (/["$`\\\n]/.test(directory)) {
    throw new WarmstartError(
      'INVALID_CONFIGURATION',
      `WARMSTART_DATA_DIR: expected a path without ", $, \` and \\, got ${directory}`,
    );
  }
  try {
    await mkdir(dirname(directory), { recursive: true });
    await mkdir(directory, { recursive: true, mode: 0o700 });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new WarmstartError(
      'INVALID_CONFIGURATION',
      `WARMSTART_DATA_DIR: cannot store data in ${directory}: ${reason}`,
      { cause },
    );
  }
}

/**
 * Creates the cluster if the folder has none, and returns the superuser's password, which is stored in it. The cluster
 * is created elsewhere and moved into place, so that a crash or a second process cannot leave an incomplete one.
 */
async function ensureCluster(binaries: PostgresBinaries, directory: string, cluster: string): Promise<string> {
  if (!(await exists(cluster))) {
    const draft = join(directory, `cluster-${randomUUID()}`);
    try {
      await initialize(binaries, draft);
      await rename(draft, cluster);
    } catch (error) {
      await rm(draft, { recursive: true, force: true });
      if (!(await exists(cluster))) throw error;
    }
  }
  return readFile(join(cluster, passwordFile), 'utf8');
}

async function initialize(binaries: PostgresBinaries, cluster: string): Promise<void> {
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
): Promise<void> {
  const log = join(directory, 'server.log');
  await appendFile(log, '', { mode: 0o600 });
  await own(binaries, log);
  const options = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'timezone=UTC', ...settings];
  await binaries.run('pg_ctl', [
    'start',
    '--wait',
    '--silent',
    `--pgdata=${cluster}`,
    `--log=${log}`,
    `--options=${options.map((option) => `-c ${option}`).join(' ')}`,
  ]);
}

/** Returns the port of the running server on this cluster, if there is one. */
async function runningPort(binaries: PostgresBinaries, cluster: string): Promise<number | undefined> {
  try {
    await binaries.run('pg_ctl', ['status', `--pgdata=${cluster}`]);
  } catch {
    return undefined;
  }
  const lines = (await readFile(join(cluster, 'postmaster.pid'), 'utf8')).split('\n');
  return Number(lines[3]);
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
