import { Writable } from 'node:stream';
import { beforeAll, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { Metrics } from '../../src/telemetry/metrics.ts';
import { countStatements } from '../support/count-statements.ts';
import { eventually } from '../support/eventually.ts';
import { recordInteraction } from '../support/record-interaction.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { serveUntrainedModel } from '../support/test-model.ts';
import { testServer } from '../support/test-server.ts';

const lines: string[] = [];
const destination = new Writable({
  write(line, _encoding, done) {
    lines.push(String(line));
    done();
  },
});
const metrics = new Metrics();
const db = testDatabase();
const server = testServer(db, { metrics, logger: pino({ level: 'warn' }, destination) });
const query = `{ ${Array.from({ length: 10 }, (_, n) => `a${n}: recommendations(for: { user: "u1" }, first: ${n + 1}) { edges { score } }`)} }`;

beforeAll(async () => {
  await loadDataset(db.pool, smallDataset(smallCatalog(1, 10)), {
    ratingScale: { minimum: 1, maximum: 5 },
  });
  await serveUntrainedModel(db.database, 1);
  await recordInteraction(db.pool, { minimum: 1, maximum: 5 }, { userId: 'u1', itemId: 'i1', type: 'RATE', value: 4 });
});

test('a request whose client has disconnected is not finished, and no error is logged', async () => {
  expect(Object.keys((await server.ask(query)).data ?? {})).toHaveLength(10);
  const writer = await db.pool.connect();
  await writer.query('BEGIN');
  await writer.query('LOCK TABLE interactions');
  const gone = new AbortController();
  const answer = fetch(server.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: server.authorization },
    body: JSON.stringify({ query }),
    signal: gone.signal,
  });
  const waiting = `
    SELECT count(*)::int FROM pg_locks JOIN pg_database ON pg_database.oid = database
    WHERE NOT granted AND datname = current_database()`;
  await eventually(async () => ((await db.pool.query(waiting)).rows[0]?.count ?? 0) >= 1);
  gone.abort();
  await expect(answer).rejects.toThrow('aborted');
  const rendered = () => metrics.render(undefined);
  const statements = await countStatements(async () => {
    // The server must notice the closed connection before the statements that wait for the lock can end.
    await eventually(async () => /http_requests_total{route="\/graphql",status="\d+"} 2/.test(await rendered()));
    await writer.query('COMMIT');
    await eventually(async () => (await rendered()).includes('kind="query",outcome="INTERRUPTED"'));
  });
  writer.release();
  // Only the COMMIT: none of the lists that waited has been made.
  expect(statements).toBe(1);
  expect(lines).toEqual([]);
});
