import { fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { projectRoot } from '../../src/common/project-root.ts';

export interface MeasuredServer {
  readonly url: string;
  /** From the start of the process until `/readyz` answered 200. */
  readonly secondsToReady: number;
  /** Returns the resident memory of the process, in MiB. */
  rss(): number;
  /** Sends a signal, waits until the process has ended, and returns its exit status, `null` if the signal ended it. */
  end(signal: NodeJS.Signals): Promise<number | null>;
  /** The same with SIGTERM. Does nothing if the process has ended. */
  stop(): Promise<unknown>;
}

/** A server that is not ready after this time is killed. */
const maxStartMilliseconds = 300_000;

/** Limits that no measurement reaches. */
const serverSettings = {
  WARMSTART_PORT: '0',
  WARMSTART_COST_PER_MINUTE: '1000000000',
  WARMSTART_REQUESTS_PER_MINUTE: '1000000',
};

/**
 * Starts a server in a process of its own, on a free port. It logs as in production, into a file that is removed when
 * it ends. Throws with the log if it ends before it listens, and also if it ends before it is ready.
 */
export async function startMeasuredServer(settings: NodeJS.ProcessEnv): Promise<MeasuredServer> {
  const started = performance.now();
  const folder = mkdtempSync(join(tmpdir(), 'warmstart-bench-'));
  const logFile = join(folder, 'server.log');
  const log = openSync(logFile, 'w');
  const child = fork(join(projectRoot, 'src', 'main.ts'), ['serve', '--no-worker'], {
    env: { ...process.env, ...serverSettings, ...settings },
    stdio: ['ignore', 'pipe', log, 'ipc'],
  });
  closeSync(log);
  const killOnExit = () => void child.kill('SIGTERM');
  process.once('exit', killOnExit);
  const end = async (signal: NodeJS.Signals) => {
    process.off('exit', killOnExit);
    if (child.exitCode === null && child.signalCode === null) {
      child.kill(signal);
      await once(child, 'exit');
    }
    rmSync(folder, { recursive: true, force: true });
    return child.exitCode;
  };
  const stop = () => end('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), maxStartMilliseconds);
  try {
    const url = await listeningUrl(child.stdout as Readable);
    if (url === undefined) throw new Error(`the server ended before it listened: ${readFileSync(logFile, 'utf8')}`);
    await untilReady(url);
    const pid = child.pid as number;
    return { url, secondsToReady: (performance.now() - started) / 1000, rss: () => residentMiB(pid), end, stop };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    clearTimeout(late);
  }
}

/** Returns the URL that the server prints, or nothing if its output ends. */
async function listeningUrl(output: Readable): Promise<string | undefined> {
  for await (const line of createInterface({ input: output })) {
    const url = /GraphQL on (\S+)/.exec(line)?.[1];
    if (url) return url;
  }
  return undefined;
}

/** Returns whether the server with this URL says that it is ready. */
export async function isReady(url: string): Promise<boolean> {
  const { ok } = await fetch(new URL('/readyz', url));
  return ok;
}

async function untilReady(url: string): Promise<void> {
  while (!(await isReady(url))) await delay(20);
}

/** Reads the resident memory of a process of Linux. */
export function residentMiB(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  if (kilobytes === undefined) throw new Error(`expected the line VmRSS in /proc/${pid}/status`);
  return Math.round(Number(kilobytes) / 1024);
}
