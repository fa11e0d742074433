import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../../test/support/eventually.ts';
import { printRow } from '../serving/report.ts';
import type { AttackedServer, ConnectedDatabase, Platform } from './platform.ts';
import { countRuns, type RunCounts, type StoredRun } from './run-counts.ts';
import { startTraining } from './training.ts';

export interface KilledWorkers extends RunCounts {
  readonly count: number;
}

/** A run fails after three workers have died, so some of these runs fail, and the others succeed. */
const killsPerRun = 2;
/** A kill comes this long after a run has begun, in milliseconds. */
const untilKill = (kill: number) => (kill * 311) % 1500;
const within = 120_000;

/** Kills workers in the middle of trainings. Then lets one of them finish the rest. */
export async function killWorkers(
  platform: Platform,
  { ask }: AttackedServer,
  database: ConnectedDatabase,
  count: number,
): Promise<KilledWorkers> {
  const { modelVersion, trainingRun } = database.database;
  const before = await modelVersion.count();
  const attempts = async () => (await trainingRun.aggregate({ _sum: { attempt: true } }))._sum.attempt ?? 0;
  const unfinished = () => trainingRun.count({ where: { status: { in: ['QUEUED', 'RUNNING'] } } });
  let seed = 0;
  for (let kill = 0; kill < count; kill++) {
    if (kill % killsPerRun === 0) await startTraining(ask, ++seed);
    const attempted = await attempts();
    const { child, ended } = await platform.startWorker(database);
    const isTraining = async () => {
      // A run that has lost three workers fails, and then there may be none left.
      if ((await unfinished()) === 0) await startTraining(ask, ++seed);
      return (await attempts()) > attempted;
    };
    await eventually(isTraining, { within });
    await delay(untilKill(kill));
    child.kill('SIGKILL');
    await ended;
  }
  const { child, ended } = await platform.startWorker(database);
  await eventually(async () => (await unfinished()) === 0, { within: within * 5, every: 200 });
  child.kill('SIGTERM');
  await ended;
  return { count, ...report(count, await countStored(database, before)) };
}

async function countStored({ database, pool }: ConnectedDatabase, before: number): Promise<RunCounts> {
  const { rows } = await pool.query<StoredRun>(storedRuns);
  return countRuns(rows, (await database.modelVersion.count()) - before);
}

/** A run that ended writes one of these lines into its log. */
const storedRuns = `
  SELECT status::text AS status, model_version_id IS NOT NULL AS "hasVersion", (
    SELECT count(*)::int FROM training_events
    WHERE run_id = training_runs.id AND kind = 'LOG' AND content ->> 'message' ~ '^(published as |failed: |cancelled$)'
  ) AS ends
  FROM training_runs WHERE trigger = 'API'`;

function report(count: number, counts: RunCounts): RunCounts {
  const { runs, endedOnce, doubleVersions } = counts;
  printRow({ what: `${count} kills of a worker: runs that ended once`, value: endedOnce, unit: `of ${runs}` });
  printRow({ what: 'versions without a run of their own', value: doubleVersions, unit: '', target: '0' });
  return counts;
}
