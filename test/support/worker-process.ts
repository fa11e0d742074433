import { type ChildProcess, spawn } from 'node:child_process';
import { compiledProgram, type Settings } from './server-process.ts';

export interface WorkerProcess {
  readonly child: ChildProcess;
  /** Standard error so far. */
  readonly log: () => string;
  readonly ended: Promise<number | null>;
}

/** Starts the command `worker` as a real process. Resolves when the worker is ready. */
export function startWorkerProcess(settings: Settings): Promise<WorkerProcess> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [compiledProgram(), 'worker'], {
      env: { PATH: process.env.PATH, WARMSTART_ENGINE: 'wasm', ...settings },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let log = '';
    const ended = new Promise<number | null>((end) => child.once('exit', (status) => end(status)));
    child.stderr?.on('data', (chunk) => {
      log += chunk;
      if (log.includes('"msg":"working"')) resolve({ child, log: () => log, ended });
    });
    child.once('error', reject);
    child.once('close', (status) => reject(new Error(`the worker ended early, with ${status}: ${log}`)));
  });
}
