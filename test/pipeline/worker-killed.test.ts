import { afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { TrainingWorker } from '../../src/pipeline/training-worker.ts';
import { startTraining } from '../../src/runs/start-and-cancel-training.ts';
import { eventually } from '../support/eventually.ts';
import { runSql } from '../support/run-sql.ts';
import { testDatabase } from '../support/test-database.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';
import { loadSmallData, smallTraining, startTestWorker } from './small-training.ts';

jest.setTimeout(120_000);
const slow = process.env.WARMSTART_SLOW_TESTS ? test : test.skip;

/** Has every phase, each long enough to kill the worker in it. */
const training = { ...smallTraining, embedding: 'BOTH', epochs: 25 } as const;

describe('a worker that is killed', () => {
  const db = testDatabase();
  const processes: WorkerProcess[] = [];
  let rescuer: TrainingWorker | undefined;

  const runOf = (id: number) => db.database.trainingRun.findUniqueOrThrow({ where: { id } });
  const inPhase = (id: number, phase: string) =>
    eventually(async () => ((await runOf(id)).progress as { phase?: string }).phase === phase, {
      every: 2,
      within: 60_000,
      describe: () => runOf(id),
    });
  const spawnWorker = async () => {
    const worker = await startWorkerProcess({ DATABASE_URL: db.url });
    processes.push(worker);
    return worker;
  };
  const kill = async (worker: WorkerProcess) => {
    worker.child.kill('SIGKILL');
    await worker.ended;
  };

  beforeAll(() => loadSmallData(db, 120));
  afterEach(async () => {
    for (const { child } of processes.splice(0)) child.kill('SIGKILL');
    await rescuer?.stop();
    rescuer = undefined;
  });

  /** Kills a worker in a phase. A table lock, such as `items IN SHARE`, can make the start of the phase last. */
  async function killedIn(phase: string, heldTable?: string): Promise<void> {
    const worker = await spawnWorker();
    const versions = await db.database.modelVersion.count();
    const id = await startTraining(db.database, { training });
    const holder = await db.pool.connect();
    await holder.query('BEGIN');
    if (heldTable) await holder.query(`LOCK TABLE ${heldTable} MODE`);
    try {
      await inPhase(id, phase);
      if (heldTable)
        await eventually(async () => (await runSql(db.url, 'SELECT FROM pg_locks WHERE NOT granted')).length > 0);
      await kill(worker);
    } finally {
      await holder.query('ROLLBACK');
      holder.release();
    }
    const killed = performance.now();
    expect(await runOf(id)).toMatchObject({ status: 'RUNNING', progress: { phase }, attempt: 1 });
    rescuer = await startTestWorker(db);
    await eventually(async () => (await runOf(id)).attempt === 2, { describe: () => runOf(id) });
    expect(performance.now() - killed).toBeLessThan(30_000);
    const run = await eventually(
      async () => {
        const now = await runOf(id);
        return now.status === 'SUCCEEDED' && now;
      },
      { within: 60_000, describe: () => runOf(id) },
    );
    expect(await db.database.modelVersion.count()).toBe(versions + 1);
    expect(await db.database.activeModel.findFirst()).toMatchObject({ modelVersionId: run.modelVersionId });
    expect(run).toMatchObject({ attempt: 2, error: null });
    // Each epoch is stored once: the events of the attempt that died are deleted.
    const events = await db.database.trainingEvent.findMany({
      where: { runId: id, kind: 'EPOCH' },
      orderBy: { id: 'asc' },
    });
    const epochs = events.map(({ content }) => (content as { epoch: number }).epoch);
    expect(epochs).toEqual(epochs.map((_, index) => index + 1));
  }

  test('while it trains, has its run started again, and one version is published', async () => {
    await killedIn('TRAINING');
  });

  slow('while it reads the stored data', () => killedIn('LOADING', 'items IN ACCESS EXCLUSIVE'));
  slow('while it computes factors', () => killedIn('FACTORS'));
  slow('while it measures', () => killedIn('MEASURING'));
  slow('while it publishes, leaves no incomplete version', () => killedIn('PUBLISHING', 'model_versions IN SHARE'));

  slow('three times, leaves its run failed with a reason', async () => {
    const id = await startTraining(db.database, { training: { ...training, epochs: 100_000 } });
    for (const attempt of [1, 2, 3]) {
      const worker = await spawnWorker();
      await eventually(async () => (await runOf(id)).attempt === attempt && (await runOf(id)).status === 'RUNNING');
      await inPhase(id, 'TRAINING');
      await kill(worker);
    }
    const last = await startTestWorker(db);
    rescuer = last;
    const run = await eventually(async () => {
      const now = await runOf(id);
      return now.status === 'FAILED' && now;
    });
    expect(run).toMatchObject({ attempt: 3, error: expect.stringMatching(/its worker died.*3 attempts/) });
  });

  slow('ends when its parent process is gone, and its run is queued again', async () => {
    const worker = await spawnWorker();
    const id = await startTraining(db.database, { training: { ...training, epochs: 100_000 } });
    await inPhase(id, 'TRAINING');
    worker.child.disconnect();
    expect(await worker.ended).toBe(0);
    expect(await runOf(id)).toMatchObject({ status: 'QUEUED', attempt: 1 });
    await db.database.trainingRun.update({ where: { id }, data: { status: 'CANCELLED' } });
  });
});
