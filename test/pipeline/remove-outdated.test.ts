import { afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { pino } from 'pino';
import { openEngine } from '../../src/engine/engines.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { removeOutdated } from '../../src/pipeline/remove-outdated.ts';
import { startTrainingWorker } from '../../src/pipeline/training-worker.ts';
import { saveModelVersion } from '../../src/registry/model-registry.ts';
import type { RunStatus } from '../../src/store/database.ts';
import { taskKinds } from '../../src/tasks/training-data.ts';
import { eventually } from '../support/eventually.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { untrainedModel } from '../support/test-model.ts';

jest.setTimeout(60_000);
const logger = pino({ level: 'silent' });
const day = 86_400_000;

describe('removeOutdated', () => {
  const db = testDatabase();

  beforeAll(() => loadDataset(db.pool, smallDataset(smallCatalog(2, 4)), { ratingScale: { minimum: 1, maximum: 5 } }));
  afterEach(async () => {
    await db.database.trainingRun.deleteMany();
    await db.database.modelVersion.deleteMany();
  });

  /** Adds a run with three events that ended this many days ago. */
  const addRun = async (status: RunStatus, days?: number) => {
    const finishedAt = days === undefined ? null : new Date(Date.now() - days * day);
    const { id } = await db.database.trainingRun.create({
      data: { taskKind: 'USER', status, config: {}, seed: 1, finishedAt, createdAt: new Date(0) },
    });
    const kinds = ['LOG', 'LOSS', 'EPOCH'] as const;
    await db.database.trainingEvent.createMany({
      data: kinds.map((kind) => ({ runId: id, kind, content: {} })),
    });
    return id;
  };
  const runsWithEvents = async () => {
    const rows = await db.database.trainingEvent.findMany({ orderBy: { id: 'asc' }, distinct: ['runId'] });
    return rows.map(({ runId }) => runId);
  };
  const addVersions = async (count: number) => {
    const artifact = await untrainedModel(db.database, 1);
    for (const taskKind of taskKinds)
      for (let index = 0; index < count; index++) await saveModelVersion(db.database, taskKind, artifact, {});
  };

  test('removes the events of runs that ended long enough ago, and keeps the runs', async () => {
    await addRun('SUCCEEDED', 31);
    const recent = await addRun('FAILED', 29);
    await addRun('CANCELLED', 400);
    const unfinished = [await addRun('QUEUED'), await addRun('RUNNING')];
    await removeOutdated(db.database, { versions: 0, logDays: 30 }, logger);
    expect(await runsWithEvents()).toEqual([recent, ...unfinished]);
    expect(await db.database.trainingRun.count()).toBe(5);
  });

  test('removes in batches, even if the last batch is full', async () => {
    const data = Array.from({ length: 200 }, () => ({
      ...{ taskKind: 'USER', status: 'FAILED', config: {}, seed: 1, finishedAt: new Date(0) },
    })) as { taskKind: 'USER'; status: 'FAILED'; config: object; seed: number; finishedAt: Date }[];
    const runs = await db.database.trainingRun.createManyAndReturn({ data });
    await db.database.trainingEvent.createMany({
      data: runs.map(({ id }) => ({ runId: id, kind: 'LOG', content: {} })),
    });
    await removeOutdated(db.database, { versions: 0, logDays: 1 }, logger);
    expect(await runsWithEvents()).toEqual([]);
  });

  test('removes nothing if the settings are 0', async () => {
    const id = await addRun('SUCCEEDED', 10_000);
    await addVersions(3);
    await removeOutdated(db.database, { versions: 0, logDays: 0 }, logger);
    expect(await runsWithEvents()).toEqual([id]);
    expect(await db.database.modelVersion.count()).toBe(6);
  });

  test('is run by a worker with these settings, and not by a worker without', async () => {
    await addRun('SUCCEEDED', 10);
    await addVersions(3);
    const engine = await openEngine('wasm');
    const ratingScale = { minimum: 1, maximum: 5 };
    const services = { database: db.database, pool: db.pool, engine, ratingScale, logger };
    await (await startTrainingWorker(services)).stop();
    expect(await db.database.modelVersion.count()).toBe(6);
    const worker = await startTrainingWorker({ ...services, retention: { versions: 1, logDays: 9 } });
    try {
      await eventually(async () => (await db.database.modelVersion.count()) === 2);
      await eventually(async () => (await runsWithEvents()).length === 0);
    } finally {
      await worker.stop();
    }
  });
});
