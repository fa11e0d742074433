import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { buildSchema, type GraphQLSchema, parse, specifiedRules, validate } from 'graphql';
import { pino } from 'pino';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { anyOperation, rememberValues } from '../support/any-operation.ts';
import { rating, smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { serveUntrainedModel } from '../support/test-model.ts';
import { testServer } from '../support/test-server.ts';

jest.setTimeout(600_000);

/** More in the slow tests. Each run draws others. */
const cases = process.env.WARMSTART_SLOW_TESTS ? 10_000 : 4_000;
/** Operations sent at the same time. Each counts as one case. */
const atOnce = 8;

describe('any operation', () => {
  const db = testDatabase();
  // Logs internal errors with their stack.
  const server = testServer(db, { logger: pino({ level: 'error' }, pino.destination(2)) });
  let schema: GraphQLSchema;
  /**
   * The key of all requests. Operations do not know its ID, since revoking it would make the server refuse the rest.
   */
  let ownKey: string;
  /** IDs and cursors from responses, for use in later operations. */
  const known = new Set<string>(['u1', 'u2', 'i1', 'i2', 's1', 'genres', 'length']);

  beforeAll(async () => {
    schema = buildSchema(await readFile('schema.graphql', 'utf8'));
    const scenarios = [{ id: 's1', title: 'First', items: ['i1', 'i2', 'i3', 'i4'] }];
    const interactions = [1, 2, 3, 4].map((n) => rating(`u${n}`, `i${n}`, n));
    const dataset = smallDataset({ ...smallCatalog(4, 12), scenarios, interactions });
    await loadDataset(db.pool, dataset, { ratingScale: { minimum: 1, maximum: 5 } });
    await serveUntrainedModel(db.database, 1);
    await serveUntrainedModel(db.database, 2, { taskKind: 'SCENARIO', support: 'positives' });
    const keys = await server.ask('{ apiKeys { edges { node { id } } } }');
    const { apiKeys } = keys.data as { apiKeys: { edges: [{ node: { id: string } }] } };
    ownKey = apiKeys.edges[0].node.id;
  });

  test('is generated so that it fits the schema and reaches the resolvers', () => {
    fc.assert(
      fc.property(fc.gen(), (draw) => {
        const { query } = anyOperation(schema, draw, [...known]);
        expect(validate(schema, parse(query), specifiedRules)).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  test(`is answered with data or a documented code, in ${cases} cases`, async () => {
    const documented = schema.getType('ErrorCode') as unknown as { getValues(): { name: string }[] };
    const codes = new Set(documented.getValues().map(({ name }) => name));
    let answered = 0;
    const refused: Record<string, number> = {};
    await fc.assert(
      fc.asyncProperty(fc.gen(), async (draw) => {
        const operations = Array.from({ length: atOnce }, () => anyOperation(schema, draw, [...known]));
        await Promise.all(
          operations.map(async ({ query, variables }) => {
            const answer = await server.ask(query, variables);
            const problems = answer.errors?.filter(
              ({ extensions: { code } }) => code === 'INTERNAL_SERVER_ERROR' || !codes.has(code),
            );
            expect({ query, variables, problems: problems ?? [] }).toEqual({ query, variables, problems: [] });
            expect(answer.status).toBeLessThan(500);
            if (answer.data) answered++;
            for (const { extensions } of answer.errors ?? [])
              refused[extensions.code] = (refused[extensions.code] ?? 0) + 1;
            rememberValues(known, answer.data);
            known.delete(ownKey);
          }),
        );
      }),
      { numRuns: cases / atOnce, endOnFailure: true },
    );
    // If all operations were refused, the test would prove little.
    expect(refused).not.toHaveProperty('UNAUTHENTICATED');
    expect(answered).toBeGreaterThan(cases / 4);
  });
});
