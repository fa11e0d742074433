import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import { projectRoot } from '../../src/common/project-root.ts';
import type { Catalog } from './data.ts';
import { sendAtRate, type Target } from './load.ts';
import { printHeading, printRow } from './report.ts';
import { latency, rounded, withOutcome } from './statistics.ts';
import { mixedTraffic } from './traffic.ts';

export interface WhileTraining {
  /** Milliseconds. */
  readonly p99: number;
  /** Relative to the same traffic without a training. */
  readonly ratio: number;
}

export interface WhileTrainingOptions {
  readonly perSecond: number;
  readonly seconds: number;
  /** Without a training, 99 % of the answers take at most this many milliseconds. */
  readonly quietP99: number;
}

/** Measures mixed traffic while a process trains the default user model on all stored users. */
export async function measureWhileTraining(
  { pool, url }: { readonly pool: Pool; readonly url: string },
  target: Target,
  catalog: Catalog,
  { perSecond, seconds, quietP99 }: WhileTrainingOptions,
): Promise<WhileTraining> {
  printHeading(`The same traffic for ${seconds} s, while a model is trained`);
  const training = startTraining(url);
  try {
    await untilRunning(pool, training);
    const { samples } = await sendAtRate(target, mixedTraffic(catalog), { perSecond, seconds });
    training.check();
    const p99 = rounded(latency(samples, 0.99));
    const ratio = rounded(p99 / quietP99);
    const failures = samples.length - withOutcome(samples, 'answered').length;
    printRow({ what: '99 % within', value: p99, unit: 'ms', beside: `${ratio} times as long`, target: '2 times' });
    printRow({ what: 'failures', value: failures, unit: `of ${samples.length}` });
    return { p99, ratio };
  } finally {
    await training.stop();
  }
}

interface Training {
  /** Throws if the training has ended. */
  check(): void;
  stop(): Promise<void>;
}

/** Starts a training that is much longer than the measurement. */
function startTraining(databaseUrl: string): Training {
  const child = fork(join(projectRoot, 'src', 'main.ts'), ['train', '--epochs', '1000'], {
    env: { ...process.env, DATABASE_URL: databaseUrl },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const killOnExit = () => void child.kill('SIGKILL');
  process.once('exit', killOnExit);
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  return {
    check() {
      if (hasEnded()) throw new Error(`the training ended during the measurement, with status ${child.exitCode}`);
    },
    async stop() {
      process.off('exit', killOnExit);
      if (hasEnded()) return;
      // Its run is abandoned, as after a crash: an interrupted training would finish its step first.
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

async function untilRunning(pool: Pool, training: Training): Promise<void> {
  for (;;) {
    training.check();
    const { rows } = await pool.query(`SELECT id FROM training_runs WHERE status = 'RUNNING'`);
    if (rows.length > 0) return;
    await delay(50);
  }
}
