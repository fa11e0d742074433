import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import autocannon from 'autocannon';
import { createApiKey } from '../src/access/api-keys.ts';
import { openStore, type Store } from '../src/cli/open-store.ts';
import { startEngine } from '../src/cli/start-engine.ts';
import { projectRoot } from '../src/common/project-root.ts';
import { readConfig } from '../src/config.ts';
import { syntheticDataset } from '../src/datasets/synthetic/synthetic-dataset.ts';
import { loadDataset } from '../src/interactions/load-dataset.ts';
import { trainModel } from '../src/pipeline/train-model.ts';
import { recipeFor } from '../src/training/recipe-for.ts';

const seconds = 5;
/** Numbers of concurrent requests: one measures latency, several measure throughput. */
const connections = [1, 8];

const edges = 'edges { node { title } score reason }';

/** Operations on the synthetic data, from the cheapest on. */
const operations: Readonly<Record<string, string>> = {
  __typename: '{ __typename }',
  'ten popular items': '{ popularItems(first: 10) { edges { node { title } positives } } }',
  'ten items for a user': `{ recommendations(for: { user: "user-0001" }, first: 10) { ${edges} } }`,
  'ten items for a visitor': `{ recommendations(
    for: { visitor: { interactions: [{ item: "item-0001", type: RATE, value: 5 }, { item: "item-0002", type: RATE, value: 1 }] } }
    first: 10
  ) { ${edges} } }`,
  'one interaction': `mutation { recordInteractions(input: { interactions: [{ user: "user-0002", item: "item-0001", type: VIEW }] }) {
    results { recorded }
    userErrors { message }
  } }`,
};

interface ApiMeasurement {
  readonly operation: string;
  readonly connections: number;
  readonly medianMilliseconds: number;
  readonly p99Milliseconds: number;
  readonly perSecond: number;
  /** Relative to `__typename` with the same number of connections. */
  readonly ratioToTypename: number;
}

/** Measures a server process over HTTP with an API key, on the synthetic dataset with a trained model. */
export async function benchApi(): Promise<readonly ApiMeasurement[]> {
  const config = readConfig(process.env);
  const store = await openStore(config, { scratch: 'warmstart_bench' });
  try {
    await loadDataset(store.pool, syntheticDataset(), { ratingScale: config.ratingScale });
    // After fewer epochs, the version would not become active, or would not make lists of two interactions.
    const recipe = recipeFor('USER', {});
    const { ratingScale } = config;
    await trainModel({ ...store, ratingScale, engine: await startEngine(config) }, { taskKind: 'USER', recipe });
    return await measureServer(store);
  } finally {
    await store.close();
  }
}

async function measureServer({ database, url: databaseUrl }: Store): Promise<ApiMeasurement[]> {
  const { secret } = await createApiKey(database, { name: 'bench', role: 'CLIENT' });
  const server = await startServer(databaseUrl);
  const measured: ApiMeasurement[] = [];
  try {
    for (const count of connections) {
      let baseline = 0;
      for (const [operation, query] of Object.entries(operations)) {
        await checkAnswer(server.url, secret, query);
        const result = await fire(server.url, secret, query, count);
        const perSecond = result.requests.average;
        baseline ||= perSecond;
        measured.push({
          operation,
          connections: count,
          medianMilliseconds: result.latency.p50,
          p99Milliseconds: result.latency.p99,
          perSecond,
          ratioToTypename: perSecond / baseline,
        });
        process.stdout.write(lineOf(measured.at(-1) as ApiMeasurement));
      }
    }
  } finally {
    await server.stop();
  }
  return measured;
}

/** Checks a response first, since an error is faster and has the same status. */
async function checkAnswer(url: string, secret: string, query: string): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${secret}` },
    body: JSON.stringify({ query }),
  });
  const text = await response.text();
  const { errors } = JSON.parse(text) as { errors?: unknown };
  if (errors || /"userErrors":\[\{|"edges":\[\]/.test(text)) throw new Error(`${query} returned ${text}`);
}

async function fire(url: string, secret: string, query: string, count: number): Promise<autocannon.Result> {
  const result = await autocannon({
    url,
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${secret}` },
    body: JSON.stringify({ query }),
    connections: count,
    duration: seconds,
  });
  if (result.non2xx + result.errors > 0)
    throw new Error(`${result.non2xx} error responses, ${result.errors} failed requests for ${query}`);
  return result;
}

function lineOf({ operation, connections, medianMilliseconds, p99Milliseconds, ...rest }: ApiMeasurement): string {
  const what = `${operation}, ${connections} concurrent`.padEnd(40);
  const latency = `median ${medianMilliseconds} ms, 99 % within ${p99Milliseconds} ms`.padEnd(40);
  return `${what}${latency}${rest.perSecond.toFixed(0)}/s, ${rest.ratioToTypename.toFixed(2)} of __typename\n`;
}

/**
 * Starts a server in its own process, so that the client does not slow it down, on a free port and with limits that
 * the benchmark does not reach.
 */
async function startServer(databaseUrl: string): Promise<{ url: string; stop(): Promise<void> }> {
  const child = fork(join(projectRoot, 'src', 'main.ts'), ['serve', '--no-worker'], {
    env: {
      ...process.env,
      DATABASE_URL: databaseUrl,
      WARMSTART_PORT: '0',
      WARMSTART_LOG_LEVEL: 'warn',
      WARMSTART_COST_PER_MINUTE: '1000000000',
    },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  for await (const line of createInterface({ input: child.stdout as Readable })) {
    const url = /GraphQL on (\S+)/.exec(line)?.[1];
    if (!url) continue;
    return {
      url,
      async stop() {
        child.kill('SIGTERM');
        await once(child, 'exit');
      },
    };
  }
  throw new Error('the server ended before it listened');
}
