import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Logger, runOnce } from 'graphile-worker';
import { pino } from 'pino';
import { queueTrainingRun } from '../../src/runs/queue-training-run.ts';
import { runDueSchedules } from '../../src/runs/run-due-schedules.ts';
import { scheduleRetrain } from '../../src/runs/schedule-retrain.ts';
import { cancelTraining, type StartTrainingInput, startTraining } from '../../src/runs/start-and-cancel-training.ts';
import { logsOfRuns } from '../../src/runs/training-events.ts';
import { addTrainingJob, trainingTask } from '../../src/runs/training-queue.ts';
import { requeueTrainingRun, takeUpTrainingRun } from '../../src/runs/training-runs.ts';
import { sql } from '../../src/store/database.ts';
import { databaseTime } from '../../src/store/database-time.ts';
import { runSql } from '../support/run-sql.ts';
import { testDatabase } from '../support/test-database.ts';

jest.setTimeout(30_000);
const logger = pino({ level: 'silent' });
const training = { taskKind: 'USER', epochs: 3 } as const;

describe('queueTrainingRun', () => {
  const db = testDatabase();

  const start = (input: Partial<StartTrainingInput> = {}) => startTraining(db.database, { training, ...input });
  const runs = () => db.database.trainingRun.findMany({ orderBy: { id: 'asc' } });
  const statusOf = async (id: number) => (await db.database.trainingRun.findUniqueOrThrow({ where: { id } })).status;
  const takeUp = (id: number) => takeUpTrainingRun(db.database, { id, attempt: 0 }, 'wasm');
  const jobs = () => runSql(db.url, 'SELECT key FROM graphile_worker.jobs');
  const logOf = async (id: number) => (await logsOfRuns(db.database, [id])).flat().map(({ message }) => message);
  const dueSchedule = async () => {
    const { id } = await scheduleRetrain(db.database, { cron: '0 4 * * *', training });
    await db.database.retrainSchedule.update({ where: { id }, data: { nextRunAt: new Date(0) } });
    return id;
  };

  const clear = async () => {
    await db.database.trainingRun.deleteMany();
    await db.database.retrainSchedule.deleteMany();
    await runSql(db.url, 'DELETE FROM graphile_worker._private_jobs');
  };
  beforeEach(clear);
  afterEach(clear);

  test('makes one run with one job for eight concurrent triggers, and logs the others', async () => {
    const ids = await Promise.all(Array.from({ length: 8 }, () => start()));
    expect(new Set(ids).size).toBe(1);
    expect(await runs()).toHaveLength(1);
    expect(await jobs()).toEqual([{ key: `train:${ids[0]}:0` }]);
    expect(await logOf(ids[0] as number)).toEqual(
      Array.from({ length: 7 }, () => expect.stringMatching(/another request for the same training shares this run/)),
    );
  });

  test('makes one run for a schedule and a concurrent request, which is the schedule’s last run', async () => {
    for (let round = 0; round < 5; round++) {
      const schedule = await dueSchedule();
      const [id] = await Promise.all([start(), runDueSchedules(db.database, logger), start()]);
      expect((await runs()).map((run) => run.id)).toEqual([id]);
      const stored = await db.database.retrainSchedule.findUniqueOrThrow({ where: { id: schedule } });
      expect(stored.lastRunId).toBe(id);
      await clear();
    }
  });

  test('treats explicit defaults and omitted fields as equal', async () => {
    expect(
      await start({
        training: { taskKind: 'USER', seed: 1, config: { vectorWidth: 64 }, options: { epochs: 3 } },
      }),
    ).toBe(await start());
  });

  test.each([
    ['another seed', { ...training, seed: 2 }],
    ['other options', { ...training, options: { patience: 6 } }],
    ['another configuration', { ...training, config: { vectorWidth: 32 } }],
    ['fewer users', { ...training, maxUsers: 10 }],
    ['another kind of task', { ...training, taskKind: 'SCENARIO' } as const],
  ])('treats a training with %s as different', async (_title, other) => {
    expect(await start({ training: other })).not.toBe(await start());
  });

  test('does not join a run that has started to read, or has ended', async () => {
    const first = await start();
    await takeUp(first);
    const second = await start();
    expect(second).not.toBe(first);
    await cancelTraining(db.database, second);
    const third = await start();
    expect([first, second]).not.toContain(third);
    expect(await runs()).toHaveLength(3);
  });

  test('joins a run that was queued again, because it will read again', async () => {
    const id = await start();
    const run = await takeUp(id);
    await db.database.$transaction((transaction) =>
      requeueTrainingRun(transaction, run as NonNullable<typeof run>, { why: 'its worker died' }),
    );
    expect(await start()).toBe(id);
  });

  test('joins a run that an idle worker started after the trigger arrived', async () => {
    const content = { taskKind: 'USER', config: { kind: 'any' }, seed: 1, maxUsers: null } as const;
    const queue = (requestedAt: Date) =>
      db.database.$transaction((transaction) =>
        queueTrainingRun(transaction, content, { trigger: 'API', requestedAt }),
      );
    const before = await databaseTime(db.database, 0);
    const { id } = await queue(before);
    await takeUp(id);
    const after = await databaseTime(db.database, 0);
    expect(await queue(before)).toEqual({ id, joined: true, conflict: false });
    expect(await queue(after)).toMatchObject({ joined: false });
  });

  test.each(['SUCCEEDED', 'FAILED'] as const)(
    'joins a run that has already %s if the trigger arrived before it began',
    async (status) => {
      const content = { taskKind: 'USER', config: { kind: 'any' }, seed: 1, maxUsers: null } as const;
      const requestedAt = await databaseTime(db.database, 0);
      const queue = () =>
        db.database.$transaction((transaction) =>
          queueTrainingRun(transaction, content, { trigger: 'API', requestedAt }),
        );
      const { id } = await queue();
      await takeUp(id);
      await db.database.trainingRun.update({ where: { id }, data: { status } });
      expect(await queue()).toMatchObject({ id, joined: true });
      await db.database.trainingRun.update({ where: { id }, data: { cancelRequestedAt: new Date() } });
      expect(await queue()).toMatchObject({ joined: false });
    },
  );

  test('starts a run that lost its worker before runs requested later', async () => {
    const [first, second, third] = [
      await start(),
      await start({ training: { ...training, seed: 2 } }),
      await start({ training: { ...training, seed: 3 } }),
    ];
    const run = await takeUp(second);
    await runSql(db.url, 'DELETE FROM graphile_worker._private_jobs');
    await addTrainingJob(db.database, { id: third, attempt: 0 });
    await db.database.$transaction((transaction) =>
      requeueTrainingRun(transaction, run as NonNullable<typeof run>, { why: 'its worker died' }),
    );
    await addTrainingJob(db.database, { id: first, attempt: 0 });
    const taken: unknown[] = [];
    const taskList = { [trainingTask]: (payload: unknown) => void taken.push(payload) };
    const quiet = new Logger(() => () => {});
    await runOnce({ pgPool: db.pool, taskList, noHandleSignals: true, concurrency: 1, logger: quiet });
    expect(taken).toEqual([
      { id: first, attempt: 0 },
      { id: second, attempt: 1 },
      { id: third, attempt: 0 },
    ]);
  });

  test('does not join a run of the command line', async () => {
    const id = await start();
    await db.database.trainingRun.update({ where: { id }, data: { trigger: 'COMMAND_LINE' } });
    expect(await start()).not.toBe(id);
  });

  test('cancels a shared run for all its requesters, and makes a new run for the next trigger', async () => {
    const id = await start({ idempotencyKey: 'mine' });
    expect(await start({ idempotencyKey: 'yours' })).toBe(id);
    await cancelTraining(db.database, id);
    expect(await start({ idempotencyKey: 'yours' })).toBe(id);
    expect(await statusOf(id)).toBe('CANCELLED');
    expect(await start()).not.toBe(id);
  });

  test('never joins a run that is cancelled at the same time', async () => {
    for (let round = 0; round < 10; round++) {
      const id = await start();
      const [, again] = await Promise.all([cancelTraining(db.database, id), start()]);
      // Either it joined before the cancellation, or it found nothing to join.
      if (again !== id) expect(await statusOf(again)).toBe('QUEUED');
      else expect(await logOf(id)).toEqual([expect.stringMatching(/shares/), 'cancelled']);
      await clear();
    }
  });

  describe('with idempotency keys', () => {
    test('returns the joined run for the key, also when it runs and has ended', async () => {
      const id = await start();
      const keys = ['first', 'second'];
      for (const idempotencyKey of keys) expect(await start({ idempotencyKey })).toBe(id);
      await takeUp(id);
      for (const idempotencyKey of keys) expect(await start({ idempotencyKey })).toBe(id);
      await db.database.trainingRun.update({ where: { id }, data: { status: 'SUCCEEDED' } });
      for (const idempotencyKey of keys) expect(await start({ idempotencyKey })).toBe(id);
      expect(await start({ idempotencyKey: 'third' })).not.toBe(id);
    });

    test('reports a conflict for a key of another training, even if an equal run is queued', async () => {
      const other = { ...training, seed: 2 };
      await start({ idempotencyKey: 'taken', training: other });
      const id = await start();
      const refused = { code: 'IDEMPOTENCY_CONFLICT', field: ['idempotencyKey'] };
      await expect(start({ idempotencyKey: 'taken' })).rejects.toMatchObject(refused);
      expect(await logOf(id)).toEqual([]);
      // A key that joined is taken, too.
      expect(await start({ idempotencyKey: 'joining' })).toBe(id);
      await expect(start({ idempotencyKey: 'joining', training: other })).rejects.toMatchObject(refused);
    });

    test('returns the same run for the same request, even if defaults have changed', async () => {
      const id = await start({ idempotencyKey: 'nightly' });
      // As if a default had been another one when the run was queued.
      await db.database.$executeRaw(
        sql`UPDATE training_runs SET config = jsonb_set(config, '{options,patience}', '77') WHERE id = ${id}`,
      );
      const reordered = { epochs: 3, taskKind: 'USER' } as const;
      expect(await start({ idempotencyKey: 'nightly', training: reordered })).toBe(id);
      const other = { ...training, options: { patience: 5 } };
      const refused = { code: 'IDEMPOTENCY_CONFLICT' };
      await expect(start({ idempotencyKey: 'nightly', training: other })).rejects.toMatchObject(refused);
    });

    test('returns the run with the same training for an equivalent request, or a key from before requests were stored', async () => {
      const id = await start({ idempotencyKey: 'nightly' });
      const written = { ...training, options: { patience: 5 } };
      expect(await start({ idempotencyKey: 'nightly', training: written })).toBe(id);
      await db.database.$executeRaw(sql`UPDATE training_run_keys SET request = NULL`);
      expect(await start({ idempotencyKey: 'nightly', training: written })).toBe(id);
      const other = { ...training, seed: 2 };
      await expect(start({ idempotencyKey: 'nightly', training: other })).rejects.toMatchObject({
        code: 'IDEMPOTENCY_CONFLICT',
      });
    });

    test('accepts one of two concurrent trainings with the same key', async () => {
      const other = { ...training, seed: 2 };
      const requests = [training, other, training, other].map((wanted) =>
        start({ idempotencyKey: 'one', training: wanted }).catch((error: { code: string }) => error.code),
      );
      const answers = await Promise.all(requests);
      expect(await runs()).toHaveLength(1);
      expect(answers.filter((answer) => answer === 'IDEMPOTENCY_CONFLICT')).toHaveLength(2);
    });
  });
});
