import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { encodeGlobalId } from '../../src/graphql/global-id.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import type { ModelArtifact } from '../../src/models/recommender.ts';
import { saveModelVersion } from '../../src/registry/model-registry.ts';
import { promoteByPerson } from '../../src/registry/promotion.ts';
import type { TaskKind } from '../../src/tasks/training-data.ts';
import { countStatements } from '../support/count-statements.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { untrainedModel } from '../support/test-model.ts';
import { testServer } from '../support/test-server.ts';

const lists = '{ recall10 recall20 ndcg20 ndcg100 coverage10 }';
const bars = '{ metric higherIsBetter value unadapted active popularity }';
const list = `query ($first: Int, $after: String, $taskKind: TaskKind) {
  modelVersions(first: $first, after: $after, taskKind: $taskKind) {
    edges { cursor node {
      id number kind createdAt taskKind active config
      dataSnapshot { takenAt users items scenarios interactions trainedTasks heldOutTasks }
      bars ${bars} barsByHistory { from to tasks bars ${bars} } servesFrom
      lists { shown users value ${lists} active ${lists} popularity ${lists} itemKnn ${lists} }
      trainingRun { seed taskKind }
      promotionDecisions { decidedAt decidedBy promoted reason metric value activeValue margin previous { number } }
    } }
    pageInfo { hasNextPage endCursor }
  }
}`;
const change = (name: 'promoteModel' | 'rollbackModel') => `mutation ($input: ${
  name === 'promoteModel' ? 'PromoteModelInput' : 'RollbackModelInput'
}!) {
  ${name}(input: $input) {
    modelVersion { number active promotionDecisions { reason decidedBy promoted previous { number } } }
    userErrors { code message field }
  }
}`;
const [promote, rollback] = [change('promoteModel'), change('rollbackModel')];

const evaluation = {
  activeVersionId: null,
  overall: {
    value: { mae: 0.7, ndcg3: 0.8, tasks: 9 },
    unadapted: { mae: 0.9 },
    active: { mae: 0.75 },
    popularity: { ndcg3: 0.6 },
  },
  byHistory: [
    {
      from: 21,
      to: null,
      tasks: 4,
      value: { mae: 0.65 },
      unadapted: {},
      active: {},
      popularity: {},
    },
  ],
  lists: [
    {
      ...{ shown: null, users: 30, active: null, itemKnn: null },
      value: { recall10: 0.25, recall20: 0.3, ndcg20: 0.2, ndcg100: 0.35, coverage10: 120 },
      // As in versions that are older than the other metrics.
      popularity: { recall20: 0.1, ndcg20: 0.05 },
    },
  ],
};
/** The metrics of lists that older versions lack. */
const lacking = { recall10: null, ndcg100: null, coverage10: null };
const dataSnapshot = {
  takenAt: new Date('2026-11-22T08:30:00Z'),
  users: 7,
  items: 8,
  scenarios: 1,
  interactions: 3_000_000_000,
  trainedTasks: 5,
  heldOutTasks: 1,
};

interface Listed {
  readonly modelVersions: {
    edges: { cursor: string; node: Record<string, unknown> & { number: number } }[];
    pageInfo: { hasNextPage: boolean; endCursor: string };
  };
}

describe('model versions', () => {
  const db = testDatabase();
  const server = testServer(db);
  let artifact: ModelArtifact;

  beforeAll(async () => {
    await loadDataset(db.pool, smallDataset(smallCatalog(4, 8)), { ratingScale: { minimum: 1, maximum: 5 } });
    artifact = await untrainedModel(db.database, 1);
  });
  beforeEach(async () => {
    await db.database.activeModel.deleteMany();
    await db.database.trainingRun.deleteMany();
    await db.database.promotionDecision.deleteMany();
    await db.database.modelVersion.deleteMany();
  });

  const save = async (taskKind: TaskKind = 'USER', record = {}) => {
    const { id } = await saveModelVersion(db.database, taskKind, artifact, {}, record);
    const run = { taskKind, status: 'SUCCEEDED', config: {}, seed: id, modelVersionId: id } as const;
    await db.database.trainingRun.create({ data: run });
    return id;
  };
  const listed = async (variables: object = {}) => {
    const { data, errors } = await server.ask(list, variables);
    expect(errors).toBeUndefined();
    return (data as unknown as Listed).modelVersions;
  };
  const numbersOf = ({ edges }: Listed['modelVersions']) => edges.map(({ node }) => node.number);
  const globalId = (id: number) => encodeGlobalId('ModelVersion', id);

  test('are returned with all their fields', async () => {
    const id = await save('USER', { evaluation, dataSnapshot, servesFrom: 3 });
    await promoteByPerson(db.database, id, 'It is the first.');
    const page = await listed();
    expect(page.edges[0]?.node).toEqual({
      id: globalId(id),
      number: id,
      kind: 'cmml',
      createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
      taskKind: 'USER',
      active: true,
      config: artifact.config,
      dataSnapshot: { ...dataSnapshot, takenAt: '2026-11-22T08:30:00.000Z' },
      bars: [
        { metric: 'mae', higherIsBetter: false, value: 0.7, unadapted: 0.9, active: 0.75, popularity: null },
        { metric: 'ndcg3', higherIsBetter: true, value: 0.8, unadapted: null, active: null, popularity: 0.6 },
      ],
      barsByHistory: [
        {
          from: 21,
          to: null,
          tasks: 4,
          bars: [
            {
              ...{ metric: 'mae', higherIsBetter: false, value: 0.65 },
              ...{ unadapted: null, active: null, popularity: null },
            },
          ],
        },
      ],
      lists: [
        {
          ...{ shown: null, users: 30, active: null, itemKnn: null },
          value: { recall10: 0.25, recall20: 0.3, ndcg20: 0.2, ndcg100: 0.35, coverage10: 120 },
          popularity: { ...lacking, recall20: 0.1, ndcg20: 0.05 },
        },
      ],
      servesFrom: 3,
      trainingRun: { seed: id, taskKind: 'USER' },
      promotionDecisions: [
        {
          decidedAt: expect.stringMatching(/^\d{4}-.*Z$/),
          ...{ decidedBy: 'PERSON', promoted: true, reason: 'It is the first.', previous: null },
          ...{ metric: null, value: null, activeValue: null, margin: null },
        },
      ],
    });
  });

  test('from before the records are returned without them', async () => {
    const { id } = await saveModelVersion(db.database, 'SCENARIO', artifact, {});
    expect((await listed()).edges[0]?.node).toMatchObject({
      number: id,
      active: false,
      dataSnapshot: null,
      bars: [],
      barsByHistory: [],
      trainingRun: null,
      promotionDecisions: [],
    });
  });

  test('are listed page by page, newest first, all or of one kind of task', async () => {
    const all = [];
    for (const kind of ['USER', 'SCENARIO', 'USER', 'USER', 'SCENARIO'] as const) all.unshift(await save(kind));
    expect(numbersOf(await listed())).toEqual(all);
    const first = await listed({ first: 2 });
    const second = await listed({ first: 2, after: first.pageInfo.endCursor });
    const last = await listed({ first: 2, after: second.pageInfo.endCursor });
    expect([first, second, last].flatMap(numbersOf)).toEqual(all);
    expect([first, second, last].map(({ pageInfo }) => pageInfo.hasNextPage)).toEqual([true, true, false]);
    expect(numbersOf(await listed({ taskKind: 'SCENARIO' }))).toEqual([all[0], all[3]]);
  });

  test.each([
    [{ first: 0 }, 'BAD_USER_INPUT'],
    [{ first: 101 }, 'BAD_USER_INPUT'],
    [{ after: 'nonsense' }, 'INVALID_CURSOR'],
    [{ after: Buffer.from('scenario.items:1:5').toString('base64url') }, 'INVALID_CURSOR'],
  ])('refuses %p', async (variables, code) => {
    const { data, errors } = await server.ask(list, variables);
    expect(data?.modelVersions ?? null).toBeNull();
    expect(errors?.[0]?.extensions.code).toBe(code);
  });

  test('take as many statements for a long list as for one version', async () => {
    const ids = [];
    for (let index = 0; index < 12; index++) ids.push(await save());
    for (const id of ids) await promoteByPerson(db.database, id);
    // The server loads the version that is active now.
    await listed({ first: 1 });
    const [few, many] = [
      await countStatements(() => listed({ first: 2 })),
      await countStatements(() => listed({ first: 12 })),
    ];
    expect(many).toBe(few);
    expect(few).toBeGreaterThan(0);
  });

  describe('promoteModel and rollbackModel', () => {
    test('set the active version and record the reason', async () => {
      const [a, b] = [await save(), await save()];
      await server.ask(promote, { input: { modelVersion: globalId(a) } });
      const promoted = await server.ask(promote, { input: { modelVersion: globalId(b), reason: 'Newer.' } });
      expect(promoted.data?.promoteModel).toEqual({
        modelVersion: {
          number: b,
          active: true,
          promotionDecisions: [{ reason: 'Newer.', decidedBy: 'PERSON', promoted: true, previous: { number: a } }],
        },
        userErrors: [],
      });
      const back = await server.ask(rollback, { input: { taskKind: 'USER', reason: 'Worse.' } });
      expect(back.data?.rollbackModel).toMatchObject({
        modelVersion: {
          number: a,
          active: true,
          promotionDecisions: [{ reason: 'Worse.', previous: { number: b } }, { previous: null }],
        },
        userErrors: [],
      });
    });

    test('end at no version, which the payload and the decision of the version show', async () => {
      const a = await save();
      await server.ask(promote, { input: { modelVersion: globalId(a) } });
      const back = await server.ask(rollback, { input: { taskKind: 'USER', reason: 'Worse than popularity.' } });
      expect(back.data?.rollbackModel).toEqual({ modelVersion: null, userErrors: [] });
      expect((await listed()).edges[0]?.node).toMatchObject({
        active: false,
        promotionDecisions: [
          { promoted: false, decidedBy: 'PERSON', reason: 'Worse than popularity.', previous: { number: a } },
          { promoted: true },
        ],
      });
      const again = await server.ask(promote, { input: { modelVersion: globalId(a) } });
      expect(again.data?.promoteModel).toMatchObject({ modelVersion: { active: true }, userErrors: [] });
    });

    test('are recorded even if the replaced version has been removed', async () => {
      const [a, b] = [await save(), await save()];
      for (const id of [a, b]) await promoteByPerson(db.database, id);
      await db.database.modelVersion.delete({ where: { id: a } });
      const { edges } = await listed();
      expect(edges.map(({ node }) => node)).toMatchObject([
        { number: b, promotionDecisions: [{ promoted: true, previous: null }] },
      ]);
    });

    test('return the active version after each of several mutations in a request', async () => {
      const [a, b] = [await save(), await save()];
      const { data } = await server.ask(
        `mutation ($a: ID!, $b: ID!) {
          first: promoteModel(input: { modelVersion: $a }) { modelVersion { active promotionDecisions { promoted } } }
          second: promoteModel(input: { modelVersion: $b }) { modelVersion { active } }
          back: rollbackModel(input: { taskKind: USER }) { modelVersion { number active promotionDecisions { promoted } } }
        }`,
        { a: globalId(a), b: globalId(b) },
      );
      expect(data).toEqual({
        first: { modelVersion: { active: true, promotionDecisions: [{ promoted: true }] } },
        second: { modelVersion: { active: true } },
        back: {
          modelVersion: {
            number: a,
            active: true,
            promotionDecisions: [{ promoted: true }, { promoted: true }],
          },
        },
      });
    });

    test.each([
      ['of an unknown version', () => globalId(2_000_000_000)],
      ['of another type', () => encodeGlobalId('TrainingRun', 1)],
      ['that is malformed', () => 'nonsense'],
    ])('an ID %s is not found', async (_, id) => {
      const { data } = await server.ask(promote, { input: { modelVersion: id() } });
      expect(data?.promoteModel).toMatchObject({
        modelVersion: null,
        userErrors: [{ code: 'MODEL_VERSION_NOT_FOUND', field: ['input', 'modelVersion'] }],
      });
    });

    test('a damaged version is refused, and skipped by a rollback', async () => {
      const [a, b, c] = [await save(), await save(), await save()];
      for (const id of [a, b, c]) await promoteByPerson(db.database, id);
      await db.pool.query("UPDATE model_versions SET parameters = '' WHERE id = $1", [b]);
      const promoted = await server.ask(promote, { input: { modelVersion: globalId(b) } });
      expect(promoted.data?.promoteModel).toMatchObject({
        modelVersion: null,
        userErrors: [{ code: 'MODEL_VERSION_UNUSABLE', field: ['input', 'modelVersion'] }],
      });
      const back = await server.ask(rollback, { input: { taskKind: 'USER' } });
      expect(back.data?.rollbackModel).toMatchObject({ modelVersion: { number: a }, userErrors: [] });
    });

    test('a rollback without an active version is refused', async () => {
      await save();
      const { data } = await server.ask(rollback, { input: { taskKind: 'SCENARIO' } });
      expect(data?.rollbackModel).toMatchObject({
        modelVersion: null,
        userErrors: [{ code: 'MODEL_VERSION_NOT_FOUND', field: ['input', 'taskKind'] }],
      });
    });

    test('a reason of more than 1,000 characters is refused', async () => {
      const id = await save();
      const input = { modelVersion: globalId(id), reason: 'x'.repeat(1001) };
      const { data } = await server.ask(promote, { input });
      expect(data?.promoteModel).toMatchObject({
        modelVersion: null,
        userErrors: [{ code: 'BAD_USER_INPUT', field: ['input', 'reason'] }],
      });
    });

    test('the next list uses the promoted version, without a restart', async () => {
      const [a, b] = [await save(), await save()];
      const user = await db.database.user.findUniqueOrThrow({ where: { externalId: 'u1' } });
      const item = await db.database.item.findUniqueOrThrow({ where: { externalId: 'i1' } });
      await db.database.interaction.create({
        data: { userId: user.id, itemId: item.id, type: 'RATE', value: 5 },
      });
      const serving = async () => {
        const { data } = await server.ask(
          '{ recommendations(for: { user: "u1" }, first: 1) { edges { modelVersion { number } } } }',
        );
        return data;
      };
      for (const id of [a, b]) {
        await server.ask(promote, { input: { modelVersion: globalId(id) } });
        expect(await serving()).toEqual({ recommendations: { edges: [{ modelVersion: { number: id } }] } });
      }
      await server.ask(rollback, { input: { taskKind: 'USER' } });
      expect(await serving()).toEqual({ recommendations: { edges: [{ modelVersion: { number: a } }] } });
      await server.ask(rollback, { input: { taskKind: 'USER' } });
      expect(await serving()).toEqual({ recommendations: { edges: [{ modelVersion: null }] } });
    });
  });
});
