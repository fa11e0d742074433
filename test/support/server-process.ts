import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const root = join(import.meta.dirname, '..', '..');
const tsx = pathToFileURL(join(root, 'node_modules', 'tsx', 'dist', 'loader.mjs')).href;

/** The command line in a process of its own, with these settings and no others. */
export function spawnWarmstart(args: readonly string[], settings: Readonly<Record<string, string>>) {
  return spawn(process.execPath, ['--import', tsx, join(root, 'src', 'main.ts'), ...args], {
    cwd: root,
    env: { PATH: process.env.PATH, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Runs a command to its end. Throws, with what it said, unless it succeeds. */
export async function runWarmstart(
  args: readonly string[],
  settings: Readonly<Record<string, string>>,
): Promise<string> {
  const child = spawnWarmstart(args, settings);
  let [output, errors] = ['', ''];
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (errors += chunk));
  const [status] = await once(child, 'close');
  if (status !== 0) throw new Error(`warmstart ${args.join(' ')} ended with ${status}: ${errors}`);
  return output;
}

export interface ServerProcess {
  readonly url: string;
  readonly pid: number;
  /** Asks it to stop, and gives its exit status. */
  stop(): Promise<number | null>;
}

/** `serve` in a process of its own, on a free port, once it says where it listens. */
export async function startServerProcess(
  settings: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): Promise<ServerProcess> {
  const child = spawnWarmstart(['serve', ...args], { WARMSTART_PORT: '0', ...settings });
  let errors = '';
  child.stderr.on('data', (chunk) => (errors += chunk));
  const closed = once(child, 'close') as Promise<[number | null]>;
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /GraphQL on (\S+)/.exec(line)?.[1];
    if (!url) continue;
    return {
      url,
      pid: child.pid as number,
      async stop() {
        child.kill('SIGTERM');
        return (await closed)[0];
      },
    };
  }
  throw new Error(`the server ended before it listened: ${errors}`);
}
