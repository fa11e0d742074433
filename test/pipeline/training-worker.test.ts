import { afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { pino } from 'pino';
import { openEngine } from '../../src/engine/engines.ts';
import { runQueuedTraining, WorkerStoppingError } from '../../src/pipeline/run-queued-training.ts';
import { trainModel } from '../../src/pipeline/train-model.ts';
import type { TrainingWorker } from '../../src/pipeline/training-worker.ts';
import { sweepTrainings } from '../../src/runs/abandoned-runs.ts';
import { OwnedRun } from '../../src/runs/owned-run.ts';
import { cancelTraining, startTraining } from '../../src/runs/start-and-cancel-training.ts';
import { logsOfRuns, lossCurves } from '../../src/runs/training-events.ts';
import { finishTrainingRun, RunNotOwnedError, takeUpTrainingRun } from '../../src/runs/training-runs.ts';
import { openDatabase } from '../../src/store/database.ts';
import { parseRecipe } from '../../src/training/training-recipe.ts';
import { eventually } from '../support/eventually.ts';
import { runSql } from '../support/run-sql.ts';
import { testDatabase } from '../support/test-database.ts';
import { endlessTraining, loadSmallData, ratingScale, smallTraining, startTestWorker } from './small-training.ts';

jest.setTimeout(120_000);
const logger = pino({ level: 'silent' });

describe('a worker', () => {
  const db = testDatabase();
  const workers: TrainingWorker[] = [];

  let seed = 0;
  /** Each run has its own seed, so that none joins another. */
  const start = (training = smallTraining as Parameters<typeof startTraining>[1]['training']) =>
    startTraining(db.database, { training: { ...training, seed: ++seed } });
  const work = async () => {
    const worker = await startTestWorker(db);
    workers.push(worker);
    return worker;
  };
  const runOf = (id: number) => db.database.trainingRun.findUniqueOrThrow({ where: { id } });
  const inStatus = (id: number, status: string) =>
    eventually(
      async () => {
        const run = await runOf(id);
        return run.status === status && run;
      },
      { describe: () => runOf(id) },
    );
  const atPhase = (id: number, phase: string) =>
    eventually(
      async () => {
        const run = await runOf(id);
        return (run.progress as { phase?: string }).phase === phase && run;
      },
      { every: 5, describe: () => runOf(id) },
    );
  const logOf = async (id: number) => {
    const [lines] = await logsOfRuns(db.database, [id]);
    return (lines ?? []).map(({ message }) => message);
  };

  beforeAll(() => loadSmallData(db));
  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.stop()));
    await db.database.promotionDecision.deleteMany();
    await db.database.activeModel.deleteMany();
    await db.database.trainingRun.updateMany({
      where: { status: { in: ['QUEUED', 'RUNNING'] } },
      data: { status: 'CANCELLED' },
    });
  });

  test('trains runs queued before and after its start, and publishes one version for each', async () => {
    const before = await start();
    await work();
    const after = await start();
    for (const id of [before, after]) {
      const run = await inStatus(id, 'SUCCEEDED');
      expect(run).toMatchObject({ attempt: 1, engine: 'wasm', trigger: 'API', error: null });
      expect(run.modelVersionId).not.toBeNull();
    }
    const decisions = await db.database.promotionDecision.findMany({ orderBy: { id: 'desc' } });
    const versions = await Promise.all([after, before].map(async (id) => (await runOf(id)).modelVersionId));
    expect(decisions.map(({ modelVersionId }) => modelVersionId)).toEqual(versions);
    const promoted = decisions.find((decision) => decision.promoted);
    expect(await db.database.activeModel.findFirst()).toMatchObject({ modelVersionId: promoted?.modelVersionId });
    const log = await logOf(after);
    expect(log[0]).toMatch(/^started by process \d+ on .+, with engine wasm$/);
    expect(log.join('\n')).toMatch(
      /reading.*\nread \d+ tasks.*\ntrained 2 epochs.*\nmeasuring on \d+ held-out tasks.*\nmeasured: .*mae.*\nstoring.*\npublished as model version \d+\n/,
    );
    const events = await db.database.trainingEvent.findMany({ where: { runId: after, kind: 'EPOCH' } });
    expect(events.map(({ content }) => (content as { epoch: number }).epoch)).toEqual([1, 2]);
    const [curve] = await lossCurves(db.database, [after]);
    expect(curve?.map(({ step }) => step)).toEqual([...Array(curve?.length)].map((_, index) => index + 1));
    expect(curve?.length).toBeGreaterThan(2);
  });

  test('makes one run of eight concurrent requests while idle', async () => {
    await work();
    for (let round = 0; round < 3; round++) {
      seed += 1;
      const requests = Array.from({ length: 8 }, () =>
        startTraining(db.database, { training: { ...smallTraining, seed } }),
      );
      const ids = new Set(await Promise.all(requests));
      expect(ids.size).toBe(1);
      for (const id of ids) await inStatus(id, 'SUCCEEDED');
    }
  });

  test('trains one at a time', async () => {
    await work();
    const [first, second] = [await start(endlessTraining), await start()];
    await atPhase(first, 'TRAINING');
    expect(await runOf(second)).toMatchObject({ status: 'QUEUED' });
    await cancelTraining(db.database, first);
    await inStatus(second, 'SUCCEEDED');
  });

  test('ends a cancelled run within two seconds, without a version', async () => {
    await work();
    const id = await start(endlessTraining);
    await atPhase(id, 'TRAINING');
    const versions = await db.database.modelVersion.count();
    const cancelledAt = performance.now();
    await cancelTraining(db.database, id);
    const run = await inStatus(id, 'CANCELLED');
    expect(performance.now() - cancelledAt).toBeLessThan(2500);
    expect(run).toMatchObject({ modelVersionId: null, error: null, finishedAt: expect.any(Date) });
    expect(await db.database.modelVersion.count()).toBe(versions);
    await expect(cancelTraining(db.database, id)).rejects.toMatchObject({ code: 'ALREADY_FINISHED' });
  });

  test('ends a run that is cancelled while it waits for the database', async () => {
    const holder = await db.pool.connect();
    await holder.query('BEGIN');
    await holder.query('LOCK TABLE items IN ACCESS EXCLUSIVE MODE');
    try {
      await work();
      const id = await start();
      await inStatus(id, 'RUNNING');
      await eventually(async () => (await runSql(db.url, 'SELECT FROM pg_locks WHERE NOT granted')).length > 0);
      await cancelTraining(db.database, id);
      await inStatus(id, 'CANCELLED');
    } finally {
      await holder.query('ROLLBACK');
      holder.release();
    }
  });

  test('does not publish a run that is cancelled while its version is stored', async () => {
    const versions = await db.database.modelVersion.count();
    const id = await start();
    const holder = await db.pool.connect();
    await holder.query('BEGIN');
    await holder.query('LOCK TABLE model_versions IN SHARE MODE');
    try {
      await work();
      await atPhase(id, 'PUBLISHING');
      await cancelTraining(db.database, id);
    } finally {
      await holder.query('ROLLBACK');
      holder.release();
    }
    await inStatus(id, 'CANCELLED');
    expect(await db.database.modelVersion.count()).toBe(versions);
  });

  test('never starts a run that was cancelled while queued, and removes its job', async () => {
    const id = await start();
    await cancelTraining(db.database, id);
    expect(await runOf(id)).toMatchObject({ status: 'CANCELLED', finishedAt: expect.any(Date), attempt: 0 });
    expect(await runSql(db.url, `SELECT FROM graphile_worker.jobs WHERE key LIKE 'train:${id}:%'`)).toEqual([]);
    await work();
    await inStatus(await start(), 'SUCCEEDED');
    expect(await runOf(id)).toMatchObject({ status: 'CANCELLED', attempt: 0 });
  });

  test('queues its run again when it stops, and another worker continues it', async () => {
    const worker = await work();
    const id = await start(endlessTraining);
    await atPhase(id, 'TRAINING');
    workers.pop();
    await worker.stop();
    expect(await runOf(id)).toMatchObject({ status: 'QUEUED', attempt: 1, progress: {} });
    expect(await lossCurves(db.database, [id])).toEqual([[]]);
    await work();
    expect(await inStatus(id, 'RUNNING')).toMatchObject({ attempt: 2 });
    expect(await logOf(id)).toContain('the worker was stopped; queued again');
  });

  test('records why a run failed, and continues with the next run', async () => {
    await work();
    const id = await start({
      ...smallTraining,
      options: { historyLimit: 10_000, episodes: { minimumPairs: 10_000 } },
    });
    const run = await inStatus(id, 'FAILED');
    expect(run.error).toMatch(/there is no data to train on/);
    expect((await logOf(id)).at(-1)).toMatch(/^failed: there is no data/);
    await inStatus(await start(), 'SUCCEEDED');
  });

  test('aborts a run that loses its connection, and starts it again', async () => {
    await work();
    const id = await start(endlessTraining);
    await atPhase(id, 'TRAINING');
    const cut = await runSql(
      db.url,
      `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND objid = ${id}`,
    );
    expect(cut).toHaveLength(1);
    await eventually(async () => (await runOf(id)).attempt === 2);
    expect(await inStatus(id, 'RUNNING')).toMatchObject({ attempt: 2 });
  });

  test('starts a run again that loses a connection while reading', async () => {
    const holder = await db.pool.connect();
    await holder.query('BEGIN');
    await holder.query('LOCK TABLE items IN ACCESS EXCLUSIVE MODE');
    const waiting = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%items%'`;
    const id = await start();
    try {
      await work();
      await eventually(async () => (await runSql(db.url, waiting)).length > 0);
      await eventually(async () => (await runOf(id)).attempt === 2, { describe: () => runOf(id) });
    } finally {
      await holder.query('ROLLBACK');
      holder.release();
    }
    expect(await inStatus(id, 'SUCCEEDED')).toMatchObject({ attempt: 2, error: null });
    expect(await logOf(id)).toContainEqual(expect.stringMatching(/lost the database.*queued again/));
  });

  test('leaves a run that it cannot start to the sweeper', async () => {
    const id = await start();
    const away = openDatabase('postgres://nobody@127.0.0.1:1/nothing');
    const services = { ...away, engine: await openEngine('wasm'), ratingScale, logger };
    await runQueuedTraining(services, { id, attempt: 0 }, new AbortController().signal);
    await away.close();
    expect(await runOf(id)).toMatchObject({ status: 'QUEUED', attempt: 0 });
  });

  test('logs why a run was stopped in one line, without a stack', async () => {
    const lines: Record<string, unknown>[] = [];
    const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
    const id = await start(endlessTraining);
    const stopping = new AbortController();
    const services = {
      database: db.database,
      pool: db.pool,
      engine: await openEngine('wasm'),
      ratingScale,
      logger: log,
    };
    const ended = runQueuedTraining(services, { id, attempt: 0 }, stopping.signal);
    await atPhase(id, 'TRAINING');
    stopping.abort(new WorkerStoppingError());
    await ended;
    const { pid, hostname, time, level, ...line } = lines.at(-1) as Record<string, unknown>;
    expect(line).toEqual({
      trainingRun: id,
      attempt: 1,
      msg: 'the training ended early: the worker was stopped',
    });
  });

  test('trains a run once if two workers get the same job', async () => {
    const id = await start(endlessTraining);
    const engine = { name: 'wasm' };
    const services = { database: db.database, pool: db.pool, engine };
    const owners = await Promise.all([1, 2].map(() => OwnedRun.takeUp(services, { id, attempt: 0 })));
    const owned = owners.filter((owner) => owner !== undefined);
    expect(owned).toHaveLength(1);
    expect(await runOf(id)).toMatchObject({ status: 'RUNNING', attempt: 1 });
    await owned[0]?.release();
  });

  test('a stale owner can neither publish nor report progress', async () => {
    const id = await start(endlessTraining);
    const services = { database: db.database, pool: db.pool, engine: { name: 'wasm' } };
    const stale = (await OwnedRun.takeUp(services, { id, attempt: 0 })) as OwnedRun;
    // The sweeper would do this if the connection were lost.
    await db.database.trainingRun.update({ where: { id }, data: { status: 'QUEUED' } });
    await takeUpTrainingRun(db.database, { id, attempt: 1 }, 'wasm');
    stale.journal.log('a ghost speaks');
    await stale.store();
    expect(stale.signal.reason).toBeInstanceOf(RunNotOwnedError);
    expect(await logOf(id)).not.toContain('a ghost speaks');
    await expect(finishTrainingRun(db.database, stale.run, 1, {})).rejects.toBeInstanceOf(RunNotOwnedError);
    await stale.release();
  });

  describe('the sweeper', () => {
    const abandoned = (data: { attempt: number; trigger?: 'API' | 'COMMAND_LINE'; cancelRequestedAt?: Date }) =>
      db.database.trainingRun.create({
        data: {
          taskKind: 'USER',
          status: 'RUNNING',
          trigger: 'API',
          config: {},
          seed: 1,
          progress: { phase: 'TRAINING' },
          ...data,
        },
      });
    const jobsOf = (id: number) =>
      runSql(db.url, `SELECT key FROM graphile_worker.jobs WHERE key LIKE 'train:${id}:%'`);

    test('queues a run again if its owner has died, with a job for the attempt', async () => {
      const { id } = await abandoned({ attempt: 1 });
      await sweepTrainings(db.database, logger);
      expect(await runOf(id)).toMatchObject({ status: 'QUEUED', attempt: 1 });
      expect(await jobsOf(id)).toEqual([{ key: `train:${id}:1` }]);
      expect(await logOf(id)).toEqual([
        expect.stringMatching(/died.* in attempt 1 \(TRAINING\); this is loss 1 of at most 3; queued again/),
      ]);
    });

    test('queues a run once, even if several sweepers run at the same time', async () => {
      const { id } = await abandoned({ attempt: 1 });
      await Promise.all([1, 2, 3].map(() => sweepTrainings(db.database, logger)));
      expect(await jobsOf(id)).toHaveLength(1);
      expect(await logOf(id)).toHaveLength(1);
    });

    test('does not count attempts of workers that were stopped', async () => {
      const id = await start(endlessTraining);
      for (const attempt of [0, 1, 2]) {
        const stopping = new AbortController();
        stopping.abort(new WorkerStoppingError());
        const services = {
          database: db.database,
          pool: db.pool,
          engine: await openEngine('wasm'),
          ratingScale,
          logger,
        };
        await runQueuedTraining(services, { id, attempt }, stopping.signal);
      }
      const dies = (attempt: number) =>
        db.database.trainingRun.update({ where: { id }, data: { status: 'RUNNING', attempt } });
      for (const attempt of [4, 5]) {
        await dies(attempt);
        await sweepTrainings(db.database, logger);
        expect(await runOf(id)).toMatchObject({ status: 'QUEUED', attempt, progress: {} });
      }
      await dies(6);
      await sweepTrainings(db.database, logger);
      expect(await runOf(id)).toMatchObject({
        status: 'FAILED',
        error: expect.stringMatching(/its worker died.*in 3 attempts/),
      });
    });

    test('gives up after the third attempt and logs it', async () => {
      const { id } = await abandoned({ attempt: 3 });
      await sweepTrainings(db.database, logger);
      expect(await runOf(id)).toMatchObject({
        status: 'FAILED',
        error: expect.stringMatching(/its worker died.*in 3 attempts.*\(TRAINING\).*not tried again/),
      });
      expect(await jobsOf(id)).toEqual([]);
    });

    test('cancels a run whose owner died before it noticed the cancellation', async () => {
      const { id } = await abandoned({ attempt: 1, cancelRequestedAt: new Date() });
      await sweepTrainings(db.database, logger);
      expect(await runOf(id)).toMatchObject({ status: 'CANCELLED' });
      expect(await jobsOf(id)).toEqual([]);
    });

    test('marks a run of the command line as failed if its process has died', async () => {
      const { id } = await abandoned({ attempt: 1, trigger: 'COMMAND_LINE' });
      await sweepTrainings(db.database, logger);
      expect(await runOf(id)).toMatchObject({
        status: 'FAILED',
        error: 'the process that trained it ended before the run was finished (TRAINING)',
      });
    });

    test('leaves a run alone while its owner lives, a worker or the command line', async () => {
      await work();
      const id = await start(endlessTraining);
      await atPhase(id, 'TRAINING');
      const abort = new AbortController();
      const recipe = parseRecipe({
        kind: 'cmml',
        ids: ['item'],
        config: smallTraining.config,
        options: { epochs: 100_000, patience: 100_000 },
      });
      const own = trainModel(
        { database: db.database, pool: db.pool, engine: await openEngine('wasm'), ratingScale },
        { taskKind: 'USER', recipe, signal: abort.signal },
      ).catch((error: Error) => error.message);
      const mine = await eventually(() =>
        db.database.trainingRun.findFirst({ where: { trigger: 'COMMAND_LINE', status: 'RUNNING' } }),
      );
      await sweepTrainings(db.database, logger);
      expect(await runOf(id)).toMatchObject({ status: 'RUNNING', attempt: 1 });
      expect(await runOf(mine.id)).toMatchObject({ status: 'RUNNING', attempt: 1 });
      abort.abort(new Error('enough'));
      expect(await own).toBe('enough');
    });

    test('adds the job of a queued run that has none, but no second job', async () => {
      const [without, having] = [await start(), await start()];
      await runSql(db.url, `SELECT graphile_worker.remove_job('train:${without}:0')`);
      await sweepTrainings(db.database, logger);
      expect(await jobsOf(without)).toHaveLength(1);
      const rows = await runSql(db.url, `SELECT revision FROM graphile_worker.jobs WHERE key = 'train:${having}:0'`);
      expect(rows).toEqual([{ revision: 0 }]);
    });

    test('replaces a job whose worker died before it started the run', async () => {
      const id = await start();
      await runSql(
        db.url,
        `UPDATE graphile_worker._private_jobs SET locked_at = now() - interval '11 s', locked_by = 'ghost', attempts = 1 WHERE key = 'train:${id}:0'`,
      );
      await sweepTrainings(db.database, logger);
      const rows = await runSql(db.url, `SELECT locked_by FROM graphile_worker.jobs WHERE key = 'train:${id}:0'`);
      expect(rows).toEqual([{ locked_by: null }]);
      await work();
      await inStatus(id, 'SUCCEEDED');
    });
  });
});
