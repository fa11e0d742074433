import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { WarmstartError } from '../common/errors.ts';

export type PostgresProgram = 'pg_dump' | 'pg_restore';

export interface RunningProgram {
  readonly output: Readable;
  /** Resolves when the program has ended, to what it wrote to standard error. `failed` is whether its status is not 0. */
  readonly ended: Promise<{ readonly failed: boolean; readonly errors: string }>;
}

/**
 * Starts a program of PostgreSQL from the folders of `PATH`. `ended` rejects with INVALID_CONFIGURATION if it is not
 * there.
 */
export function startProgram(
  program: PostgresProgram,
  args: readonly string[],
  settings: Readonly<Record<string, string>> = {},
): RunningProgram {
  const child = spawn(program, args, { env: { ...process.env, ...settings }, stdio: ['ignore', 'pipe', 'pipe'] });
  const errors = text(child.stderr);
  const ended = once(child, 'close').then(
    async ([status]) => ({ failed: status !== 0, errors: (await errors).trim() }),
    (cause) => {
      throw new WarmstartError(
        'INVALID_CONFIGURATION',
        `cannot run ${program}: ${cause.message}; install the client programs of PostgreSQL and add their folder to PATH, or name a file that does not end with .dump`,
        { cause },
      );
    },
  );
  // Whoever waits for the output first must not leave this unhandled.
  ended.catch(() => {});
  return { output: child.stdout, ended };
}

/**
 * Throws INVALID_CONFIGURATION if a program is not there, or older than a server of this major version. Older programs do
 * not know what a newer server stores.
 */
export async function requireProgram(program: PostgresProgram, serverMajor: number): Promise<void> {
  const { output, ended } = startProgram(program, ['--version']);
  const version = await text(output);
  await ended;
  const major = Number(/(\d+)(\.\d+|devel|beta\d+|rc\d+)/.exec(version)?.[1]);
  if (major >= serverMajor) return;
  throw new WarmstartError(
    'INVALID_CONFIGURATION',
    `expected ${program} of PostgreSQL ${serverMajor} or newer, as the server is, got ${version.trim()}; install a newer one and put its folder first in PATH, or name a file that does not end with .dump`,
  );
}
