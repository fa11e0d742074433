import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeExecutableSchema } from '@graphql-tools/schema';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { type GraphQLObjectType, type GraphQLSchema, getNamedType, graphql, isLeafType, isObjectType } from 'graphql';
import { createApiKey } from '../../src/access/api-keys.ts';
import type { Principal } from '../../src/access/principal.ts';
import { projectRoot } from '../../src/common/project-root.ts';
import { accessRules } from '../../src/graphql/access-rules.ts';
import { encodeGlobalId } from '../../src/graphql/global-id.ts';
import { guardFields } from '../../src/graphql/guard-fields.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { endUserTokens, userToken } from '../support/caller-tokens.ts';
import { rating, smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { testServer } from '../support/test-server.ts';

const typeDefs = readFileSync(join(projectRoot, 'schema.graphql'), 'utf8');
const bareSchema = makeExecutableSchema({ typeDefs });

/** `owner` is the user of the sources and arguments in these tests; `other` is another user. */
const principals = {
  nobody: { role: 'ANONYMOUS' },
  owner: { role: 'USER', userId: 'u1' },
  other: { role: 'USER', userId: 'u2' },
  client: { role: 'CLIENT', keyId: 1 },
  admin: { role: 'ADMIN', keyId: 2 },
} as const satisfies Record<string, Principal>;
type Caller = keyof typeof principals;
const callers = Object.keys(principals) as Caller[];

/** Who may use each field, written independently of the tested table. */
const everybody: readonly Caller[] = ['owner', 'other', 'client', 'admin'];
const own: readonly Caller[] = ['owner', 'client', 'admin'];
const clients: readonly Caller[] = ['client', 'admin'];
const admins: readonly Caller[] = ['admin'];

/** For every root field: who may use it, and harmless arguments (about the user `u1` if they are about a user). */
const nothing = encodeGlobalId('Item', 'nothing');
const user = 'for: { user: "u1" }';
const training = 'training: { taskKind: USER, config: { nonsense: true } }';
const rootFields: Readonly<Record<'query' | 'mutation', Record<string, [readonly Caller[], string]>>> = {
  query: {
    node: [everybody, `(id: "${nothing}")`],
    nodes: [everybody, `(ids: ["${nothing}"])`],
    recommendations: [own, `(${user})`],
    shelves: [own, `(${user}, scenarios: ["s1"])`],
    similarItems: [everybody, '(item: "i1")'],
    popularItems: [everybody, ''],
    user: [own, '(externalId: "u1")'],
    users: [clients, ''],
    item: [everybody, '(externalId: "i1")'],
    items: [everybody, ''],
    scenario: [everybody, '(externalId: "s1")'],
    scenarios: [everybody, ''],
    interactions: [clients, ''],
    featureFields: [everybody, ''],
    interactionTypes: [everybody, ''],
    trainingRun: [admins, `(id: "${nothing}")`],
    trainingRuns: [admins, ''],
    retrainSchedules: [admins, ''],
    modelVersions: [admins, ''],
    explainRecommendation: [admins, `(${user}, item: "i1")`],
    whyNot: [admins, `(${user}, item: "i1")`],
    routeComparison: [admins, '(tasks: [{ user: "u1" }])'],
    contextMap: [admins, '(taskKind: USER)'],
    datasetStatistics: [admins, ''],
    apiKeys: [admins, ''],
  },
  mutation: {
    recordInteractions: [own, '(input: { interactions: [{ user: "u1", item: "i1", type: VIEW }] })'],
    upsertUsers: [clients, '(input: { users: [] })'],
    upsertItems: [clients, '(input: { items: [] })'],
    upsertScenarios: [clients, '(input: { scenarios: [] })'],
    setScenarioItems: [clients, '(input: { scenario: "nowhere", items: [] })'],
    setItemAvailability: [clients, '(input: { items: ["nothing"], available: true })'],
    updateItems: [clients, '(input: { items: [] })'],
    deleteItems: [clients, '(input: { items: ["nothing"] })'],
    deleteScenarios: [clients, '(input: { scenarios: ["nowhere"] })'],
    deleteInteractions: [clients, '(input: { interactions: ["none"] })'],
    deleteUser: [own, '(input: { user: "u1" })'],
    declareFeatureFields: [admins, '(input: { fields: [] })'],
    undeclareFeatureFields: [admins, '(input: { fields: [] })'],
    declareInteractionTypes: [admins, '(input: { types: [] })'],
    startTraining: [admins, `(input: { ${training} })`],
    cancelTraining: [admins, `(input: { trainingRun: "${nothing}" })`],
    scheduleRetrain: [admins, `(input: { cron: "never", ${training} })`],
    pauseRetrainSchedule: [admins, `(input: { retrainSchedule: "${nothing}" })`],
    resumeRetrainSchedule: [admins, `(input: { retrainSchedule: "${nothing}" })`],
    deleteRetrainSchedule: [admins, `(input: { retrainSchedule: "${nothing}" })`],
    promoteModel: [admins, `(input: { modelVersion: "${nothing}" })`],
    rollbackModel: [admins, '(input: { taskKind: USER })'],
    createApiKey: [admins, '(input: { name: "", role: CLIENT })'],
    revokeApiKey: [admins, `(input: { apiKey: "${nothing}" })`],
  },
};

/** Fields of other types: those of the user, those for keys, and those of lists for any authenticated caller. */
const ownTypes = ['User', 'Interaction'];
const clientTypes = [
  ...['UserConnection', 'UserEdge', 'UpsertUsersPayload', 'UpsertItemsPayload', 'UpsertScenariosPayload'],
  ...['SetScenarioItemsPayload', 'SetItemAvailabilityPayload', 'UpdateItemsPayload', 'DeleteItemsPayload'],
  ...['DeleteScenariosPayload', 'DeleteInteractionsPayload'],
];
const openTypes = [
  ...['UserError', 'PageInfo', 'Item', 'ItemConnection', 'ItemEdge', 'FeatureField', 'Shelf'],
  'DeclaredInteractionType',
  ...[
    'Scenario',
    'ScenarioConnection',
    'ScenarioEdge',
    'ScenarioRule',
    'ScenarioRuleCondition',
    'InteractionConnection',
    'InteractionEdge',
  ],
  ...['RecordInteractionsPayload', 'RecordInteractionResult', 'DeleteUserPayload'],
  ...['RecommendationConnection', 'RecommendationEdge', 'SimilarItemConnection', 'SimilarItemEdge'],
  ...['PopularItemConnection', 'PopularItemEdge'],
];
const openFields = ['id', 'number', 'kind', 'createdAt', 'taskKind'].map((name) => `ModelVersion.${name}`);

function mayUse(type: string, field: string): readonly Caller[] {
  if (ownTypes.includes(type)) return own;
  if (clientTypes.includes(type)) return clients;
  return openTypes.includes(type) || openFields.includes(`${type}.${field}`) ? everybody : admins;
}

/** Without the types of introspection, which all schemas of the process share. */
const objectTypesOf = (schema: GraphQLSchema) =>
  Object.values(schema.getTypeMap())
    .filter(isObjectType)
    .filter(({ name }) => !name.startsWith('__'));
const isRoot = ({ name }: GraphQLObjectType) => name === 'Query' || name === 'Mutation';

describe('access rules', () => {
  test('are tested for every root field', () => {
    expect(Object.keys(rootFields.query).sort()).toEqual(
      Object.keys(bareSchema.getQueryType()?.getFields() ?? {}).sort(),
    );
    expect(Object.keys(rootFields.mutation).sort()).toEqual(
      Object.keys(bareSchema.getMutationType()?.getFields() ?? {}).sort(),
    );
  });

  test('exist for every field; a field without a rule prevents the start and is named', () => {
    const extended = `${typeDefs}
      extend type Item { price: Float }
      type Secret { word: String! }
      extend type Query { secret: Secret }`;
    const schema = makeExecutableSchema({ typeDefs: extended });
    expect(() => guardFields(schema, accessRules)).toThrow(
      /Query\.secret has no rule.*Item\.price has no rule.*Secret\.word has no rule/,
    );
  });

  test('belong to existing fields; a rule without a field prevents the start and is named', () => {
    const schema = makeExecutableSchema({ typeDefs: typeDefs.replace('  x: Float!\n', '') });
    expect(() => guardFields(schema, accessRules)).toThrow('ContextPoint.x has a rule, but is not a field');
  });

  test('do not restrict introspection if it is allowed', async () => {
    const source = '{ __typename __schema { queryType { name } } __type(name: "User") { fields { name } } }';
    const schema = guardFields(makeExecutableSchema({ typeDefs }), accessRules);
    const { data, errors } = await graphql({
      schema,
      source,
      contextValue: { principal: principals.nobody },
    });
    expect(errors).toBeUndefined();
    expect(data).toMatchObject({ __typename: 'Query', __schema: { queryType: { name: 'Query' } } });
  });

  const sources: Record<string, object> = { User: { externalId: 'u1' }, Interaction: { userId: 7 } };
  const loaders = { user: { load: async (id: number) => ({ externalId: id === 7 ? 'u1' : 'u2' }) } };
  const fields = objectTypesOf(bareSchema)
    .filter((type) => !isRoot(type))
    .flatMap((type) => Object.keys(type.getFields()).map((field) => [type.name, field] as const));

  let runs = 0;
  const guarded = makeExecutableSchema({ typeDefs });
  for (const type of objectTypesOf(guarded))
    for (const field of Object.values(type.getFields())) field.resolve = () => `run ${++runs}`;
  guardFields(guarded, accessRules);

  test.each(fields)('%s.%s', async (type, field) => {
    const target = (guarded.getType(type) as GraphQLObjectType).getFields()[field];
    for (const caller of callers) {
      runs = 0;
      const context = { principal: principals[caller], loaders };
      const call = async () => target?.resolve?.(sources[type] ?? {}, {}, context, {} as never);
      const outcome = await call().catch(({ code, message }) => `${code} ${message}`);
      if (mayUse(type, field).includes(caller)) expect([caller, outcome]).toEqual([caller, 'run 1']);
      else {
        const code = caller === 'nobody' ? 'UNAUTHENTICATED' : 'FORBIDDEN';
        expect([caller, outcome]).toEqual([caller, expect.stringMatching(`^${code} ${type}.${field} is for `)]);
        expect(runs).toBe(0);
      }
    }
  });
});

describe('access over HTTP', () => {
  const db = testDatabase();
  const server = testServer(db, { endUserTokens });
  const authorization = {} as Record<Caller, string | null>;

  beforeAll(async () => {
    const scenarios = [{ id: 's1', title: 'First', items: ['i1', 'i2', 'i3'] }];
    const interactions = [rating('u1', 'i1', 4), rating('u2', 'i2', 3)];
    const dataset = smallDataset({ ...smallCatalog(3, 4), scenarios, interactions });
    await loadDataset(db.pool, dataset, { ratingScale: { minimum: 1, maximum: 5 } });
    const client = await createApiKey(db.database, { name: 'client', role: 'CLIENT' });
    Object.assign(authorization, {
      nobody: null,
      owner: await userToken('u1'),
      other: await userToken('u2'),
      client: `Bearer ${client.secret}`,
      admin: server.authorization,
    });
  });
  const askAs = (caller: Caller, query: string, variables = {}) =>
    server.ask(query, variables, { authorization: authorization[caller] });

  const roots = (['query', 'mutation'] as const).flatMap((kind) =>
    Object.entries(rootFields[kind]).map(([field, [may, args]]) => [kind, field, may, args] as const),
  );
  const selection = (kind: 'query' | 'mutation', field: string) => {
    const root = kind === 'query' ? bareSchema.getQueryType() : bareSchema.getMutationType();
    const type = root?.getFields()[field]?.type;
    return type && isLeafType(getNamedType(type)) ? '' : '{ __typename }';
  };

  test.each(roots)('%s %s', async (kind, field, may, args) => {
    const type = kind === 'query' ? 'Query' : 'Mutation';
    for (const caller of callers) {
      const { errors = [] } = await askAs(caller, `${kind} { ${field}${args} ${selection(kind, field)} }`);
      const codes = errors.map(({ extensions }) => extensions.code);
      // Other errors of the resolver are tested with the resolver.
      const refusals = codes.filter((code) => code === 'UNAUTHENTICATED' || code === 'FORBIDDEN');
      const expected = caller === 'nobody' ? 'UNAUTHENTICATED' : 'FORBIDDEN';
      expect([caller, refusals]).toEqual([caller, may.includes(caller) ? [] : [expected]]);
      if (!may.includes(caller))
        expect(errors[0]).toMatchObject({
          message: expect.stringContaining(`${type}.${field} is for`),
          path: [field],
        });
      expect(codes).not.toContain('GRAPHQL_VALIDATION_FAILED');
      expect(codes).not.toContain('RATE_LIMITED');
    }
  });

  test('a refused field does not affect the other fields', async () => {
    const { data, errors } = await askAs(
      'client',
      '{ item(externalId: "i2") { externalId } datasetStatistics { users } }',
    );
    expect(data).toEqual({ item: { externalId: 'i2' }, datasetStatistics: null });
    expect(errors).toEqual([expect.objectContaining({ path: ['datasetStatistics'] })]);
  });

  test('without a credential, only __typename is allowed', async () => {
    expect((await askAs('nobody', '{ __typename }')).data).toEqual({ __typename: 'Query' });
  });

  test('a user’s mutation for another user changes nothing, alone or among others', async () => {
    const interactions = await db.database.interaction.count();
    const users = await db.database.user.count();
    const record = `mutation ($input: RecordInteractionsInput!) {
      recordInteractions(input: $input) { results { recorded } userErrors { message } }
      deleteUser(input: { user: "u3" }) { deletedId }
    }`;
    const entries = ['u2', 'u3'].map((user) => ({ user, item: 'i3', type: 'VIEW' }));
    for (const input of [{ interactions: entries.slice(1) }, { interactions: entries }]) {
      const { errors } = await askAs('other', record, { input });
      expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['FORBIDDEN', 'FORBIDDEN']);
    }
    expect(await db.database.interaction.count()).toBe(interactions);
    expect(await db.database.user.count()).toBe(users);
  });

  test('aliases, fragments, variables and additional operations do not bypass a rule', async () => {
    const query = `
      query innocent { __typename }
      query sly($id: ID! = "u3", $all: Boolean! = true) { one: __typename ...on Query { two: user(externalId: $id) { ...all } } ...three @include(if: $all) }
      fragment all on User { externalId }
      fragment three on Query { keys: apiKeys { edges { node { prefix } } } }`;
    const response = await fetch(server.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: authorization.other ?? '' },
      body: JSON.stringify({ query, operationName: 'sly' }),
    });
    const { data, errors } = (await response.json()) as Awaited<ReturnType<typeof server.ask>>;
    expect(data).toEqual({ one: 'Query', two: null, keys: null });
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['FORBIDDEN', 'FORBIDDEN']);
  });
});
