import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { eventually } from './eventually.ts';

const root = join(import.meta.dirname, '..', '..');
const source = join(root, 'src', 'main.ts');
const tsx = pathToFileURL(join(root, 'node_modules', 'tsx', 'dist', 'loader.mjs')).href;

/** The path of the compiled program. */
export const compiledProgram = () => process.env.WARMSTART_TEST_PROGRAM as string;

/** Long, because the machine may be busy. */
const startMilliseconds = 60_000;

export type Settings = Readonly<Record<string, string>>;

export interface SpawnOptions {
  /** Runs `src/` by tsx, as `npm run cli` does. Default: the same source, compiled, which starts in half the time. */
  readonly byTsx?: boolean;
  /** The working directory. Default: the project's root. */
  readonly folder?: string;
  /** Modules to load before the program. */
  readonly imports?: readonly string[];
}

export interface RunOptions extends SpawnOptions {
  /** Interrupts the process when standard error matches this. */
  readonly interruptAt?: RegExp;
}

/** The exit status of a process, and its output. */
export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
  readonly errors: string;
}

/** Starts the command line in a process of its own, with these settings and no others. */
export function spawnWarmstart(
  args: readonly string[],
  settings: Settings,
  { byTsx = false, folder = root, imports = [] }: SpawnOptions = {},
): ChildProcessByStdio<null, Readable, Readable> {
  const preloaded = [...(byTsx ? [tsx] : []), ...imports].flatMap((module) => ['--import', module]);
  return spawn(process.execPath, [...preloaded, byTsx ? source : compiledProgram(), ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Runs a command until it exits, with any status. */
export async function endOfWarmstart(
  args: readonly string[],
  settings: Settings,
  { interruptAt, ...options }: RunOptions = {},
): Promise<Ended> {
  const child = spawnWarmstart(args, settings, options);
  const { written, ended } = follow(child);
  if (interruptAt) {
    child.stderr.on('data', function interrupt() {
      if (!interruptAt.test(written.errors)) return;
      child.stderr.off('data', interrupt);
      child.kill('SIGINT');
    });
  }
  return ended;
}

/** Runs a command and returns its output. Throws with its output if it fails. */
export async function runWarmstart(args: readonly string[], settings: Settings, options?: RunOptions): Promise<string> {
  const { status, output, errors } = await endOfWarmstart(args, settings, options);
  if (status !== 0) throw new Error(`warmstart ${args.join(' ')} ended with ${status}: ${errors}`);
  return output;
}

export interface ServerProcess {
  readonly url: string;
  readonly pid: number;
  /** The output so far. */
  readonly written: { readonly output: string; readonly errors: string };
  /** The log lines so far. */
  log(): Record<string, unknown>[];
  readonly ended: Promise<Ended>;
  kill(signal: NodeJS.Signals): void;
  /** Sends SIGTERM and returns the exit status. */
  stop(): Promise<number | null>;
}

/**
 * Runs `serve` in a process of its own, on a free port and by default without a worker. Resolves when the server
 * listens. Throws if the process ends before that.
 */
export async function startServerProcess(
  settings: Settings,
  args: readonly string[] = ['--no-worker'],
  options?: SpawnOptions,
): Promise<ServerProcess> {
  const child = spawnWarmstart(['serve', ...args], { WARMSTART_PORT: '0', ...settings }, options);
  const { written, ended } = follow(child);
  return {
    url: await whenListening(child, written),
    pid: child.pid as number,
    written,
    log: () => linesOf(written.errors),
    ended,
    kill: (signal) => void child.kill(signal),
    async stop() {
      child.kill('SIGTERM');
      return (await ended).status;
    },
  };
}

type Child = ReturnType<typeof spawnWarmstart>;
type Written = { output: string; errors: string };

function follow(child: Child): { written: Written; ended: Promise<Ended> } {
  const written = { output: '', errors: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => (written.output += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (written.errors += text));
  const ended = once(child, 'close').then(([status, signal]) => ({ status, signal, ...written }));
  return { written, ended };
}

async function whenListening(child: Child, written: Written): Promise<string> {
  const url = async () => {
    const found = /GraphQL on (\S+)/.exec(written.output)?.[1];
    const ended = child.exitCode !== null || child.signalCode !== null;
    if (!found && ended) throw new Error(`the server ended before it listened: ${written.output}${written.errors}`);
    return found;
  };
  try {
    return await eventually(url, { within: startMilliseconds, describe: async () => written });
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
}

function linesOf(errors: string): Record<string, unknown>[] {
  return errors
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
