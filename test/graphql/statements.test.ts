import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import {
  buildSchema,
  type GraphQLField,
  type GraphQLNamedType,
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
} from 'graphql';
import { createApiKey } from '../../src/access/api-keys.ts';
import { projectRoot } from '../../src/common/project-root.ts';
import { readConfig } from '../../src/config.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { countStatements } from '../support/count-statements.ts';
import { smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { serveUntrainedModel } from '../support/test-model.ts';
import { keyLookUp, testServer } from '../support/test-server.ts';

const schema = buildSchema(readFileSync(join(projectRoot, 'schema.graphql'), 'utf8'));

/** A list that starts with objects that have a value for every field of their type. */
const listOf: Readonly<Record<string, string>> = {
  User: 'users',
  Item: 'items',
  Scenario: 'scenarios',
  Interaction: 'interactions',
  ModelVersion: 'modelVersions',
  ApiKey: 'apiKeys',
  TrainingRun: 'trainingRuns',
  RetrainSchedule: 'retrainSchedules',
};
/** Complete objects of long lists exceed what a client may request. */
const limits = { ...readConfig({}).limits, cost: 1e6, costPerMinute: 1e9, userCostPerMinute: 1e9 };

/** Every field of every type that has a list, so that new fields are covered automatically. */
const fields = Object.entries(listOf).flatMap(([type, list]) =>
  fieldsOf(schema.getType(type)).map((field) => [`${type}.${field.name}`, list, field] as const),
);

/** Selects everything below a field, down to `depth` nested objects. */
function selectionOf(field: GraphQLField<unknown, unknown>, depth: number): string {
  const type = getNamedType(field.type);
  if (!isCompositeType(type)) return field.name;
  const within = fieldsOf(type)
    .filter((inner) => depth > 0 || !isCompositeType(getNamedType(inner.type)))
    // Edges and nodes do not count as a level.
    .map((inner) => selectionOf(inner, /Connection$|Edge$/.test(type.name) ? depth : depth - 1));
  return `${field.name} { __typename ${within.join(' ')} }`;
}

function fieldsOf(type: GraphQLNamedType | undefined): GraphQLField<unknown, unknown>[] {
  if (!isObjectType(type) && !isInterfaceType(type)) return [];
  return Object.values(type.getFields()) as GraphQLField<unknown, unknown>[];
}

describe('the number of SQL statements does not grow with the length of a list', () => {
  const db = testDatabase();
  const server = testServer(db, { limits });
  const longest = 20;

  beforeAll(async () => {
    const numbers = Array.from({ length: longest }, (_, n) => n + 1);
    const dataset = smallDataset({
      users: numbers.map((n) => ({ id: `u${n}`, features: {} })),
      items: numbers.map((n) => ({ id: `i${n}`, title: `Item ${n}`, features: {} })),
      // Each pool starts with a different item.
      scenarios: numbers.map((n) => ({ id: `s${n}`, title: 'S', items: [`i${n}`, `i${1 + (n % longest)}`] })),
    });
    await loadDataset(db.pool, dataset, { ratingScale: { minimum: 1, maximum: 5 } });
    await db.pool.query(`
      INSERT INTO interactions (user_id, item_id, scenario_id, type)
      SELECT users.id, users.id, users.id, 'VIEW' FROM users ORDER BY users.id`);
    // One more version than listed, so that each listed version has a predecessor.
    for (const n of [0, ...numbers]) await serveUntrainedModel(db.database, n);
    await db.pool.query(`
      INSERT INTO retrain_schedules (task_kind, cron, timezone, config, seed)
      SELECT 'USER', '0 4 * * *', 'UTC', '{}', 1 FROM model_versions`);
    await db.pool.query(`
      INSERT INTO training_runs (task_kind, status, config, seed, model_version_id, schedule_id)
      SELECT task_kind, 'SUCCEEDED', '{}', 1, id, id FROM model_versions`);
    await db.pool.query(`
      INSERT INTO training_events (run_id, kind, content)
      SELECT id, 'LOG', '{"message": "done"}' FROM training_runs`);
    await db.pool.query(`
      INSERT INTO promotion_decisions (task_kind, model_version_id, previous_version_id, decided_by, promoted, reason)
      SELECT task_kind, id, id - 1, 'RULE', true, 'better' FROM model_versions WHERE id > 1`);
    for (const n of numbers) await createApiKey(db.database, { name: `key ${n}`, role: 'CLIENT' });
  });

  const statements = (query: string) =>
    countStatements(async () => expect((await server.ask(query)).errors).toBeUndefined());

  test.each(fields)('below %s', async (_name, list, field) => {
    const selection = selectionOf(field, 2);
    const query = (first: number) => `{ ${list}(first: ${first}) { edges { node { ${selection} } } } }`;
    const ofOne = await statements(query(1));
    expect(ofOne).toBeGreaterThan(keyLookUp);
    // Fewer if the longer list has already loaded nested objects.
    expect(await statements(query(longest))).toBeLessThanOrEqual(ofOne);
  });

  test.each([
    [
      'interactions of users',
      'users',
      (n: number) => `interactions(first: ${n}, types: [VIEW, CLICK]) { edges { node { item { id } } } }`,
    ],
    ['items of scenarios', 'scenarios', (n: number) => `items(first: ${n}) { edges { node { scenarios { id } } } }`],
    [
      'items of scenarios after one',
      'scenarios',
      (n: number) =>
        `items(first: ${n}, after: "${Buffer.from('scenario.items:1:1').toString('base64url')}") { edges { node { id } } }`,
    ],
  ])('for %s with arguments, once for each combination', async (_what, list, selection) => {
    const query = (first: number, inner: string) => `{ ${list}(first: ${first}) { edges { node { ${inner} } } } }`;
    const ofOne = await statements(query(1, selection(1)));
    expect(await statements(query(longest, selection(50)))).toBe(ofOne);
    expect(await statements(query(longest, `a: ${selection(5)} b: ${selection(5)}`))).toBe(ofOne);
    expect(await statements(query(longest, `a: ${selection(5)} b: ${selection(6)}`))).toBeGreaterThan(ofOne);
  });

  test('every type with a global ID is covered', () => {
    const types = schema.getPossibleTypes(schema.getType('Node') as never).map(({ name }) => name);
    expect(Object.keys(listOf).sort()).toEqual(types.toSorted());
  });
});
