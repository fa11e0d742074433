import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { createApiKey } from '../../src/access/api-keys.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { startServerProcess } from '../support/server-process.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';

jest.setTimeout(120_000);

const slow = process.env.WARMSTART_SLOW_TESTS ? test : test.skip;
const tracing = pathToFileURL(join(import.meta.dirname, '..', 'support', 'trace-collections.ts')).href;

const queries = [
  '{ __typename }',
  '{ popularItems(first: 10) { edges { node { title } cursor } pageInfo { endCursor } } }',
];
const [connections, requests] = [8, 8000];
const ratingScale = { minimum: 1, maximum: 5 };

describe('answered requests', () => {
  const db = testDatabase();
  beforeAll(() => loadDataset(db.pool, smallDataset(smallCatalog(4, 20)), { ratingScale }));

  slow.each(queries)('leave hardly anything to collections of the whole heap: %s', async (query) => {
    const { secret } = await createApiKey(db.database, { name: 'traced', role: 'CLIENT' });
    const settings = {
      DATABASE_URL: db.url,
      WARMSTART_REQUESTS_PER_MINUTE: '1000000',
      WARMSTART_COST_PER_MINUTE: '1000000000',
    };
    const server = await startServerProcess(settings, ['--no-worker'], { byTsx: true, imports: [tracing] });
    const ask = async () => {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${secret}` };
      const answer = await fetch(server.url, { method: 'POST', headers, body: JSON.stringify({ query }) });
      expect(await answer.json()).not.toHaveProperty('errors');
    };
    const askOften = async (count: number) => {
      await Promise.all(
        Array.from({ length: connections }, async () => {
          for (let sent = 0; sent < count / connections; sent++) await ask();
        }),
      );
    };
    try {
      await askOften(requests / 4);
      const before = server.written.output.length;
      await askOften(requests);
      const { promoted, allocated } = sumsOf(server.written.output.slice(before));
      expect(allocated).toBeGreaterThan(requests * 10_000);
      expect(promoted / allocated).toBeLessThan(0.04);
    } finally {
      await server.stop();
    }
  });
});

/** Returns the sums over the collections of young objects, in bytes. */
function sumsOf(trace: string): { promoted: number; allocated: number } {
  const lines = trace.split('\n').filter((line) => line.includes(' gc=s '));
  const sum = (name: string) =>
    lines.reduce((total, line) => total + Number(new RegExp(` ${name}=(\\d+)`).exec(line)?.[1] ?? 0), 0);
  return { promoted: sum('promoted'), allocated: sum('allocated') };
}
