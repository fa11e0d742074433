import { afterEach, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { runDueSchedules } from '../../src/runs/run-due-schedules.ts';
import {
  deleteRetrainSchedule,
  pauseRetrainSchedule,
  resumeRetrainSchedule,
  scheduleRetrain,
} from '../../src/runs/schedule-retrain.ts';
import { startTraining } from '../../src/runs/start-and-cancel-training.ts';
import { endTrainingRun, takeUpTrainingRun } from '../../src/runs/training-runs.ts';
import { databaseTime } from '../../src/store/database-time.ts';
import { testDatabase } from '../support/test-database.ts';

const logger = pino({ level: 'silent' });
const daily = {
  cron: '0 4 * * *',
  timezone: 'Europe/Berlin',
  training: { taskKind: 'USER', maxUsers: 50, seed: 7 },
} as const;

describe('schedules', () => {
  const db = testDatabase();

  const runsOf = (scheduleId: number) =>
    db.database.trainingRun.findMany({ where: { scheduleId }, orderBy: { id: 'asc' } });
  const scheduleOf = (id: number) => db.database.retrainSchedule.findUniqueOrThrow({ where: { id } });
  const makeDue = (id: number, hours = 0.001) =>
    db.database.retrainSchedule.update({
      where: { id },
      data: { nextRunAt: new Date(Date.now() - hours * 3_600_000) },
    });

  afterEach(async () => {
    await db.database.trainingRun.deleteMany();
    await db.database.retrainSchedule.deleteMany();
  });

  test('start one run when they are due, and set their next time', async () => {
    const { id, config } = await scheduleRetrain(db.database, daily);
    await runDueSchedules(db.database, logger);
    expect(await runsOf(id)).toEqual([]);
    await makeDue(id);
    await runDueSchedules(db.database, logger);
    await runDueSchedules(db.database, logger);
    expect(await runsOf(id)).toMatchObject([
      { status: 'QUEUED', trigger: 'SCHEDULE', taskKind: 'USER', maxUsers: 50, seed: 7, config },
    ]);
    expect((await scheduleOf(id)).nextRunAt?.getTime()).toBeGreaterThan(Date.now());
  });

  test('run once for times missed over days', async () => {
    const { id } = await scheduleRetrain(db.database, { ...daily, cron: '* * * * *' });
    await makeDue(id, 72);
    await runDueSchedules(db.database, logger);
    expect(await runsOf(id)).toHaveLength(1);
    const next = (await scheduleOf(id)).nextRunAt as Date;
    expect(next.getTime() - Date.now()).toBeGreaterThan(0);
    expect(next.getTime() - Date.now()).toBeLessThanOrEqual(60_000);
  });

  test('start one run each, even with several workers', async () => {
    const { id } = await scheduleRetrain(db.database, daily);
    const other = await scheduleRetrain(db.database, { ...daily, training: { ...daily.training, seed: 8 } });
    await makeDue(id);
    await makeDue(other.id);
    await Promise.all([1, 2, 3, 4].map(() => runDueSchedules(db.database, logger)));
    expect([(await runsOf(id)).length, (await runsOf(other.id)).length]).toEqual([1, 1]);
  });

  test.each(['QUEUED', 'RUNNING'] as const)(
    'while its last run is %s no second one is made, and its log says so',
    async (status) => {
      const { id } = await scheduleRetrain(db.database, daily);
      await makeDue(id);
      await runDueSchedules(db.database, logger);
      await db.database.trainingRun.updateMany({ where: { scheduleId: id }, data: { status } });
      await makeDue(id);
      await runDueSchedules(db.database, logger);
      const runs = await runsOf(id);
      expect(runs).toHaveLength(1);
      const lines = await db.database.trainingEvent.findMany({ where: { runId: runs[0]!.id } });
      expect(lines.map(({ content }) => content)).toEqual([{ message: expect.stringMatching(/skipped that time/) }]);
      expect((await scheduleOf(id)).nextRunAt?.getTime()).toBeGreaterThan(Date.now());
      await db.database.trainingRun.updateMany({ where: { scheduleId: id }, data: { status: 'FAILED' } });
      await makeDue(id);
      await runDueSchedules(db.database, logger);
      expect(await runsOf(id)).toHaveLength(2);
    },
  );

  test('with the same training and time share a run, which is the last run of each', async () => {
    const [first, second] = [await scheduleRetrain(db.database, daily), await scheduleRetrain(db.database, daily)];
    await makeDue(first.id);
    await makeDue(second.id);
    await Promise.all([1, 2, 3, 4].map(() => runDueSchedules(db.database, logger)));
    const runs = await db.database.trainingRun.findMany();
    expect(runs).toMatchObject([{ status: 'QUEUED', trigger: 'SCHEDULE' }]);
    const [run] = runs;
    const schedules = [await scheduleOf(first.id), await scheduleOf(second.id)];
    expect(schedules).toMatchObject([{ lastRunId: run?.id }, { lastRunId: run?.id }]);
    expect(schedules.map(({ id }) => id)).toContain(run?.scheduleId);
  });

  test('of one time share a run that has just been started, and those of a later time do not', async () => {
    const [first, second, later] = [
      await scheduleRetrain(db.database, daily),
      await scheduleRetrain(db.database, daily),
      await scheduleRetrain(db.database, daily),
    ];
    const due = new Date(Date.now() - 10_000);
    const fallDue = async ({ id }: { id: number }, nextRunAt: Date) => {
      await db.database.retrainSchedule.update({ where: { id }, data: { nextRunAt } });
      await runDueSchedules(db.database, logger);
    };
    await fallDue(first, due);
    const [run] = await runsOf(first.id);
    await takeUpTrainingRun(db.database, { id: run?.id as number, attempt: 0 }, 'wasm');
    await fallDue(second, due);
    expect(await scheduleOf(second.id)).toMatchObject({ lastRunId: run?.id });
    expect(await db.database.trainingRun.count()).toBe(1);
    await fallDue(later, await databaseTime(db.database, 0));
    expect(await runsOf(later.id)).toHaveLength(1);
  });

  test('of one time make one run, no matter how soon workers finish it', async () => {
    const due = new Date(Date.now() - 1000);
    for (let count = 0; count < 10; count++) await scheduleRetrain(db.database, daily);
    await db.database.retrainSchedule.updateMany({ data: { nextRunAt: due } });
    let working = true;
    const work = async () => {
      while (working) {
        const [run] = await db.database.trainingRun.findMany({ where: { status: 'QUEUED' } });
        if (run && (await takeUpTrainingRun(db.database, run, 'wasm')))
          await endTrainingRun(db.database, { id: run.id, attempt: 1 }, 'nothing to train on');
      }
    };
    const workers = [work(), work()];
    await Promise.all([runDueSchedules(db.database, logger), runDueSchedules(db.database, logger)]);
    working = false;
    await Promise.all(workers);
    const [run, ...others] = await db.database.trainingRun.findMany();
    expect(others).toEqual([]);
    const schedules = await db.database.retrainSchedule.findMany();
    expect(schedules.map(({ lastRunId }) => lastRunId)).toEqual(Array(10).fill(run?.id));
  });

  test('skip a time while their last run is still running', async () => {
    const id = await startTraining(db.database, { training: daily.training });
    const schedule = await scheduleRetrain(db.database, daily);
    await makeDue(schedule.id);
    await runDueSchedules(db.database, logger);
    expect(await scheduleOf(schedule.id)).toMatchObject({ lastRunId: id });
    expect(await db.database.trainingRun.findMany()).toMatchObject([{ id, trigger: 'API', scheduleId: null }]);
    await db.database.trainingRun.updateMany({ data: { status: 'RUNNING', startedAt: new Date(0) } });
    await makeDue(schedule.id);
    await runDueSchedules(db.database, logger);
    expect(await db.database.trainingRun.count()).toBe(1);
    await db.database.trainingRun.updateMany({ data: { status: 'SUCCEEDED' } });
    await makeDue(schedule.id);
    await runDueSchedules(db.database, logger);
    expect(await db.database.trainingRun.count()).toBe(2);
  });

  test('do nothing while paused, and continue with the next time after resuming', async () => {
    const { id } = await scheduleRetrain(db.database, daily);
    expect(await pauseRetrainSchedule(db.database, id)).toMatchObject({ paused: true, nextRunAt: null });
    await runDueSchedules(db.database, logger);
    expect(await runsOf(id)).toEqual([]);
    const resumed = await resumeRetrainSchedule(db.database, id);
    expect(resumed.paused).toBe(false);
    expect(resumed.nextRunAt?.getTime()).toBeGreaterThan(Date.now());
  });

  test('do not lose a due time when resumed without being paused', async () => {
    const { id } = await scheduleRetrain(db.database, daily);
    await makeDue(id);
    await resumeRetrainSchedule(db.database, id);
    await runDueSchedules(db.database, logger);
    expect(await runsOf(id)).toHaveLength(1);
  });

  test('leave their runs when deleted', async () => {
    const { id } = await scheduleRetrain(db.database, daily);
    await makeDue(id);
    await runDueSchedules(db.database, logger);
    await deleteRetrainSchedule(db.database, id);
    expect(await db.database.trainingRun.findMany()).toMatchObject([{ scheduleId: null, trigger: 'SCHEDULE' }]);
    await expect(deleteRetrainSchedule(db.database, id)).rejects.toMatchObject({
      code: 'RETRAIN_SCHEDULE_NOT_FOUND',
    });
  });

  test('with an unknown time zone do nothing, and the others continue', async () => {
    const broken = await scheduleRetrain(db.database, daily);
    const { id } = await scheduleRetrain(db.database, { ...daily, training: { ...daily.training, seed: 8 } });
    await db.database.retrainSchedule.update({ where: { id: broken.id }, data: { timezone: 'Gone/Zone' } });
    await makeDue(broken.id);
    await makeDue(id);
    await runDueSchedules(db.database, logger);
    expect(await scheduleOf(broken.id)).toMatchObject({ nextRunAt: null });
    expect(await runsOf(id)).toHaveLength(1);
  });
});
