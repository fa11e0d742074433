import { afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { encodeGlobalId } from '../../src/graphql/global-id.ts';
import { contextEncoderKinds, hybridKinds } from '../../src/models/cmml/cmml-config.ts';
import { modulationKinds } from '../../src/models/cmml/network-fields.ts';
import { embeddingKinds } from '../../src/models/embedding/embedding-config.ts';
import { recipeObjectives } from '../../src/models/objectives.ts';
import { recommenderKinds } from '../../src/models/recommenders.ts';
import type { TrainingWorker } from '../../src/pipeline/training-worker.ts';
import { kindNames, partNames } from '../../src/runs/requested-training.ts';
import { loadSmallData, smallTraining, startTestWorker } from '../pipeline/small-training.ts';
import { countStatements } from '../support/count-statements.ts';
import { eventually } from '../support/eventually.ts';
import { testDatabase } from '../support/test-database.ts';
import { testServer } from '../support/test-server.ts';

jest.setTimeout(60_000);

interface UserError {
  readonly code: string;
  readonly field: string[] | null;
  readonly message: string;
}

describe('training runs over GraphQL', () => {
  const db = testDatabase();
  const server = testServer(db);
  let worker: TrainingWorker | undefined;

  const ask = async <T>(query: string, variables: object = {}): Promise<T> => {
    const { data, errors } = await server.ask(query, variables);
    expect(errors).toBeUndefined();
    return data as T;
  };
  const start = async (input: object) => {
    const { startTraining } = await ask<{
      startTraining: {
        trainingRun: { id: string; recipe: Record<string, unknown> } | null;
        userErrors: UserError[];
      };
    }>(startMutation, { input });
    return startTraining;
  };
  const mutate = async (name: string, input: object, type = inputTypes[name]) => {
    const payload = name.includes('Retrain') ? 'retrainSchedule { id paused nextRunAt }' : 'trainingRun { id status }';
    const data = await ask<Record<string, Record<string, unknown> & { userErrors: UserError[] }>>(
      `mutation ($input: ${type}!) { ${name}(input: $input) { ${name.startsWith('delete') ? 'deletedId' : payload} userErrors { code field message } } }`,
      { input },
    );
    return data[name] as Record<string, unknown> & { userErrors: UserError[] };
  };

  beforeAll(() => loadSmallData(db));
  afterEach(async () => {
    await worker?.stop();
    worker = undefined;
    await db.database.trainingRun.deleteMany();
    await db.database.retrainSchedule.deleteMany();
  });

  test('a run goes from queued to an active version, and reports its progress', async () => {
    const { trainingRun } = await start({ training: smallTraining });
    const { id } = trainingRun as { id: string };
    const queued = await ask<{ trainingRun: object }>(runQuery, { id });
    expect(queued.trainingRun).toMatchObject({
      ...{ status: 'QUEUED', trigger: 'API', phase: null, progress: 0, attempts: 0, engine: null },
      ...{ lossCurve: [], epochs: [], metrics: [], log: [], schedule: null, modelVersion: null },
      recipe: {
        kind: 'cmml',
        config: smallTraining.config,
        options: { epochs: 2, seed: 1, learningRate: 0.002 },
      },
    });
    worker = await startTestWorker(db);
    const seen: number[] = [];
    const run = await eventually(async () => {
      const { trainingRun: now } = await ask<{ trainingRun: Record<string, unknown> }>(runQuery, { id });
      seen.push(now.progress as number);
      return now.status === 'SUCCEEDED' && now;
    });
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(run).toMatchObject({
      ...{ phase: 'PUBLISHING', progress: 1, attempts: 1, engine: 'wasm', error: null },
      epochs: [
        { epoch: 1, trainingLoss: expect.any(Number), validationLoss: expect.any(Number) },
        { epoch: 2, trainingLoss: expect.any(Number), validationLoss: expect.any(Number) },
      ],
      modelVersion: {
        id: encodeGlobalId('ModelVersion', (await db.database.activeModel.findFirst())!.modelVersionId),
      },
    });
    expect((run.lossCurve as object[]).length).toBeGreaterThan(3);
    expect(run.metrics).toContainEqual({ name: 'mae', value: expect.any(Number) });
    const names = (run.metrics as { name: string }[]).map(({ name }) => name);
    expect(names).toEqual(['mae', 'rmse', 'ndcg1', 'ndcg3']);
    expect(run.log).toContainEqual({
      message: expect.stringMatching(/^started by/),
      at: expect.any(String),
    });
  });

  test('returns at most 500 equidistant points of a loss curve, and the last 200 lines of a log', async () => {
    const { id } = await db.database.trainingRun.create({
      data: { taskKind: 'USER', status: 'FAILED', config: {}, seed: 1 },
    });
    const data = Array.from({ length: 1300 }, (_, index) => ({
      runId: id,
      kind: 'LOSS' as const,
      content: { step: index + 1, loss: index },
    }));
    const lines = Array.from({ length: 210 }, (_, index) => ({
      runId: id,
      kind: 'LOG' as const,
      content: { message: `${index}` },
    }));
    await db.database.trainingEvent.createMany({ data: [...data, ...lines] });
    const { trainingRun } = await ask<{
      trainingRun: { lossCurve: { step: number }[]; log: { message: string }[] };
    }>(runQuery, { id: encodeGlobalId('TrainingRun', id) });
    expect(trainingRun.lossCurve.map(({ step }) => step)).toEqual(
      Array.from({ length: 325 }, (_, index) => 4 * (index + 1)),
    );
    expect(trainingRun.log.map(({ message }) => message)).toEqual(
      Array.from({ length: 200 }, (_, index) => `${index + 10}`),
    );
  });

  test('a page of runs with all related objects takes as many statements as one run', async () => {
    for (const seed of [1, 2, 3]) await start({ training: { ...smallTraining, seed } });
    const { retrainSchedule } = await scheduled();
    await db.database.trainingRun.updateMany({
      data: { scheduleId: (await db.database.retrainSchedule.findFirst())!.id },
    });
    const page = (first: number) => countStatements(() => ask(pageQuery, { first }));
    expect(await page(3)).toBe(await page(1));
    expect(retrainSchedule).not.toBeNull();
  });

  test('runs are listed newest first, by status and kind of task, page by page', async () => {
    const ids: string[] = [];
    for (const [seed, taskKind] of ['USER', 'SCENARIO', 'USER'].entries())
      ids.push((await start({ training: { taskKind, seed } })).trainingRun!.id);
    await mutate('cancelTraining', { trainingRun: ids[0] });
    const page = async (variables: object) => {
      const { trainingRuns } = await ask<{
        trainingRuns: {
          edges: { node: { id: string } }[];
          pageInfo: { endCursor: string; hasNextPage: boolean };
        };
      }>(
        'query ($first: Int! = 20, $after: String, $status: TrainingRunStatus, $taskKind: TaskKind) { trainingRuns(first: $first, after: $after, status: $status, taskKind: $taskKind) { edges { node { id } } pageInfo { endCursor hasNextPage } } }',
        variables,
      );
      return { ids: trainingRuns.edges.map(({ node }) => node.id), ...trainingRuns.pageInfo };
    };
    expect((await page({})).ids).toEqual(ids.toReversed());
    expect((await page({ status: 'QUEUED' })).ids).toEqual([ids[2], ids[1]]);
    expect((await page({ taskKind: 'USER' })).ids).toEqual([ids[2], ids[0]]);
    const first = await page({ first: 2 });
    expect(await page({ first: 2, after: first.endCursor })).toMatchObject({
      ids: [ids[0]],
      hasNextPage: false,
    });
  });

  test('an invalid ID, or one of another type, finds no run', async () => {
    for (const id of ['nonsense', encodeGlobalId('ModelVersion', 1), encodeGlobalId('TrainingRun', 999_999)])
      expect(await ask('query ($id: ID!) { trainingRun(id: $id) { id } }', { id })).toEqual({
        trainingRun: null,
      });
  });

  describe('startTraining', () => {
    test('has an enum value for every kind and part of the configuration', () => {
      expect(Object.values(kindNames)).toEqual(recommenderKinds);
      expect(
        Object.fromEntries(Object.entries(partNames).map(([part, names]) => [part, Object.values(names)])),
      ).toEqual({
        encoder: contextEncoderKinds,
        hybrid: hybridKinds,
        modulation: modulationKinds,
        objective: recipeObjectives,
        embedding: embeddingKinds,
      });
    });

    test('completes the recipe from the input', async () => {
      const training = {
        ...{
          taskKind: 'USER',
          encoder: 'MAX_POOL',
          hybrid: 'NONE',
          modulation: 'SOFT_MODULES',
          objective: 'BPR',
        },
        ...{
          embedding: 'BOTH',
          seed: 5,
          epochs: 3,
          maxUsers: 10,
          config: { gruWidth: 8 },
          options: { learningRate: 0.01 },
        },
      };
      const { trainingRun } = await start({ training });
      expect(trainingRun?.recipe).toMatchObject({
        kind: 'cmml',
        ids: ['user', 'item'],
        config: {
          encoder: 'maxPool',
          hybrid: 'none',
          modulation: 'softModules',
          objective: 'bpr',
          embedding: 'both',
          gruWidth: 8,
          // Everything else has its default.
          hyperWidths: [64, 64],
          attention: { heads: 4, width: 64 },
        },
        options: {
          seed: 5,
          epochs: 3,
          learningRate: 0.01,
          episodes: { negatives: 'both', supportPairs: 90 },
        },
      });
    });

    test.each([
      [
        'a wrong number in config',
        { objective: 'MSE', config: { gruWidth: 'wide' } },
        ['config', 'gruWidth'],
        /gruWidth.*number.*got "wide"/,
      ],
      ['a name that config does not have', { config: { color: 1 } }, ['config', 'color'], /unknown field/],
      [
        'a wrong option',
        { options: { episodes: { negatives: 'many' } } },
        ['options', 'episodes', 'negatives'],
        /"query"/,
      ],
      ['an unknown option', { options: { episodes: { color: 1 } } }, ['options', 'episodes', 'color'], /unknown field/],
      ['no epochs', { epochs: 0 }, ['epochs'], /got 0/],
      ['no users', { maxUsers: 0 }, ['maxUsers'], /at least 2, got 0/],
      ['one user', { maxUsers: 1 }, ['maxUsers'], /at least 2, got 1/],
      ['the former name of maxUsers', { mostUsers: 5 }, ['mostUsers'], /renamed; use maxUsers/],
      ['a part that this kind of model does not have', { kind: 'DCN', encoder: 'GRU' }, ['encoder'], /unknown field/],
      [
        'factors multiplied without factors',
        { objective: 'MSE', config: { factorProduct: true } },
        ['config', 'factorProduct'],
        /embedding/,
      ],
      [
        'a ranking objective without negatives',
        { objective: 'BPR', options: { episodes: { negatives: 'none' } } },
        ['objective'],
        /negatives/,
      ],
      [
        'scenarios without negatives',
        { taskKind: 'SCENARIO', options: { episodes: { negatives: 'none' } } },
        ['options', 'episodes', 'negatives'],
        /negatives/,
      ],
    ])('refuses %s with the field and queues nothing', async (_title, training, field, message) => {
      const { trainingRun, userErrors } = await start({ training: { taskKind: 'USER', ...training } });
      expect(trainingRun).toBeNull();
      expect(userErrors).toEqual([
        {
          code: 'BAD_USER_INPUT',
          field: ['input', 'training', ...field],
          message: expect.stringMatching(message),
        },
      ]);
      expect(await db.database.trainingRun.count()).toBe(0);
    });

    test('reports all errors of a configuration at once', async () => {
      const { userErrors } = await start({
        training: { taskKind: 'USER', objective: 'MSE', config: { gruWidth: -1, color: 1 } },
      });
      expect(userErrors.map(({ field }) => field?.at(-1)).sort()).toEqual(['color', 'gruWidth']);
    });

    test('returns the same run for the same key and training, and a conflict for another training with the key', async () => {
      const request = { training: smallTraining, idempotencyKey: 'nightly-1' };
      const first = await start(request);
      expect((await start(request)).trainingRun?.id).toBe(first.trainingRun?.id);
      const other = await start({ ...request, training: { ...smallTraining, epochs: 3 } });
      expect(other).toMatchObject({
        trainingRun: null,
        userErrors: [{ code: 'IDEMPOTENCY_CONFLICT', field: ['input', 'idempotencyKey'] }],
      });
      const fewer = await start({ ...request, training: { ...smallTraining, maxUsers: 5 } });
      expect(fewer.userErrors).toMatchObject([{ code: 'IDEMPOTENCY_CONFLICT' }]);
      expect(await db.database.trainingRun.count()).toBe(1);
    });

    test('creates one run for eight concurrent requests with the same key', async () => {
      const request = { training: smallTraining, idempotencyKey: 'at once' };
      const runs = await Promise.all(Array.from({ length: 8 }, () => start(request)));
      expect(new Set(runs.map(({ trainingRun }) => trainingRun?.id)).size).toBe(1);
      expect(await db.database.trainingRun.count()).toBe(1);
    });

    test.each(['', 'x'.repeat(257), 'a\0b'])('refuses the key %j', async (idempotencyKey) => {
      const { userErrors } = await start({ training: smallTraining, idempotencyKey });
      expect(userErrors).toMatchObject([{ code: 'BAD_USER_INPUT', field: ['input', 'idempotencyKey'] }]);
    });
  });

  test('cancelTraining cancels a queued run at once and only once, and does not find an unknown run', async () => {
    const { trainingRun } = await start({ training: smallTraining });
    const input = { trainingRun: trainingRun?.id };
    expect(await mutate('cancelTraining', input)).toMatchObject({
      trainingRun: { status: 'CANCELLED' },
      userErrors: [],
    });
    expect((await mutate('cancelTraining', input)).userErrors).toMatchObject([
      { code: 'ALREADY_FINISHED', field: ['input', 'trainingRun'] },
    ]);
    for (const id of ['nonsense', encodeGlobalId('TrainingRun', 999_999)]) {
      expect((await mutate('cancelTraining', { trainingRun: id })).userErrors).toMatchObject([
        { code: 'TRAINING_RUN_NOT_FOUND' },
      ]);
    }
  });

  const scheduled = async (input: object = {}) => {
    const { scheduleRetrain } = await ask<{
      scheduleRetrain: { retrainSchedule: { id: string; nextRunAt: string } | null; userErrors: UserError[] };
    }>(
      `mutation ($input: ScheduleRetrainInput!) { scheduleRetrain(input: $input) { retrainSchedule { id cron timezone taskKind recipe paused nextRunAt lastRun { id } createdAt } userErrors { code field message } } }`,
      { input: { cron: '0 4 * * *', training: smallTraining, ...input } },
    );
    return scheduleRetrain;
  };

  test('a schedule can be created, listed with its next and last run, paused, resumed and deleted', async () => {
    const { retrainSchedule } = await scheduled({ timezone: 'Europe/Berlin' });
    expect(retrainSchedule).toMatchObject({
      ...{ cron: '0 4 * * *', timezone: 'Europe/Berlin', taskKind: 'USER', paused: false, lastRun: null },
      recipe: { kind: 'cmml', options: { epochs: 2 } },
    });
    const { id, nextRunAt } = retrainSchedule as { id: string; nextRunAt: string };
    expect(new Date(nextRunAt).getTime()).toBeGreaterThan(Date.now());
    const input = { retrainSchedule: id };
    expect((await mutate('pauseRetrainSchedule', input)).retrainSchedule).toMatchObject({
      paused: true,
      nextRunAt: null,
    });
    expect((await mutate('resumeRetrainSchedule', input)).retrainSchedule).toMatchObject({
      paused: false,
      nextRunAt,
    });
    const stored = await db.database.retrainSchedule.findFirstOrThrow();
    const runs = [1, 2].map(() => ({
      taskKind: 'USER' as const,
      status: 'FAILED' as const,
      config: {},
      seed: 1,
      scheduleId: stored.id,
    }));
    for (const data of runs) await db.database.trainingRun.create({ data });
    const last = await db.database.trainingRun.findFirstOrThrow({ orderBy: { id: 'desc' } });
    await db.database.retrainSchedule.update({ where: { id: stored.id }, data: { lastRunId: last.id } });
    const list = await ask('{ retrainSchedules { edges { node { id lastRun { id schedule { id } } } } } }');
    expect(list).toEqual({
      retrainSchedules: {
        edges: [{ node: { id, lastRun: { id: encodeGlobalId('TrainingRun', last.id), schedule: { id } } } }],
      },
    });
    expect(await mutate('deleteRetrainSchedule', input)).toEqual({ deletedId: id, userErrors: [] });
    for (const name of ['pauseRetrainSchedule', 'resumeRetrainSchedule', 'deleteRetrainSchedule']) {
      expect((await mutate(name, input)).userErrors).toMatchObject([
        { code: 'RETRAIN_SCHEDULE_NOT_FOUND', field: ['input', 'retrainSchedule'] },
      ]);
    }
  });

  test.each([
    ['an expression', { cron: 'often' }, ['cron']],
    ['a zone', { timezone: 'Mars/Olympus' }, ['timezone']],
    ['a training', { training: { taskKind: 'USER', config: { gruWidth: 0 } } }, ['training', 'config', 'gruWidth']],
  ])('scheduleRetrain refuses a wrong %s with its field', async (_title, input, field) => {
    const { userErrors } = await scheduled(input);
    expect(userErrors).toMatchObject([{ code: 'BAD_USER_INPUT', field: ['input', ...field] }]);
    expect(await db.database.retrainSchedule.count()).toBe(0);
  });
});

const inputTypes: Record<string, string> = {
  cancelTraining: 'CancelTrainingInput',
  pauseRetrainSchedule: 'RetrainScheduleInput',
  resumeRetrainSchedule: 'RetrainScheduleInput',
  deleteRetrainSchedule: 'RetrainScheduleInput',
};

const startMutation = `mutation ($input: StartTrainingInput!) {
  startTraining(input: $input) { trainingRun { id recipe } userErrors { code field message } }
}`;

const runFields = `id taskKind status trigger schedule { id } recipe seed engine phase progress attempts
  lossCurve { step loss } epochs { epoch trainingLoss validationLoss at } metrics { name value } log { at message }
  error createdAt startedAt finishedAt modelVersion { id }`;
const runQuery = `query ($id: ID!) { trainingRun(id: $id) { ${runFields} } }`;
const pageQuery = `query ($first: Int!) { trainingRuns(first: $first) { edges { node { ${runFields} } } } }`;
