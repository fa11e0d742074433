import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { createApiKey } from '../access/api-keys.ts';
import { upsertUsers } from '../catalog/upsert-users.ts';
import { readConfig } from '../config.ts';
import type { Dataset } from '../datasets/dataset.ts';
import { openMovieLens } from '../datasets/movielens/open-movielens.ts';
import { syntheticDataset } from '../datasets/synthetic/synthetic-dataset.ts';
import { type Database, sql } from '../store/database.ts';
import { defaultRecipes } from '../training/default-recipes.ts';
import { type Answer, askServer, type ServerAccess } from './ask-server.ts';
import { loadWithProgress, printReport } from './import-command.ts';
import { keepTrainings } from './keep-trainings.ts';
import { openStore } from './open-store.ts';
import { print } from './print.ts';
import { servePlatform, untilInterrupted } from './serve-command.ts';
import { sideBySide } from './side-by-side.ts';
import { openTelemetry } from './telemetry.ts';
import { printTraining, trainWithProgress } from './train-command.ts';

interface DemoOptions {
  readonly data?: string;
  readonly exit: boolean;
}

/** The demonstration has a database of its own, so that it never touches real data. */
const scratch = 'warmstart_demo';
const newcomer = 'newcomer';
/** Some twenty seconds of training on one core. */
const maxUsers = 2000;
const userTraining = { taskKind: 'USER', recipe: defaultRecipes.USER, maxUsers } as const;
const rejectsFile = join(tmpdir(), `warmstart-demo-rejects-${process.pid}.csv`);
const listLength = 10;

export function demoCommand(): Command {
  return new Command('demo')
    .description(
      'load sample data, train a model, serve it, and show how a cold user’s recommendations change',
    )
    .option('--data <directory>', 'a MovieLens folder, instead of synthetic data')
    .option('--exit', 'stop after printing, instead of serving on', false)
    .action(runDemo);
}

async function runDemo({ data, exit }: DemoOptions): Promise<void> {
  const config = readConfig(process.env);
  const dataset: Dataset = data === undefined ? syntheticDataset() : await openMovieLens(data);
  // A line for each request would come between what is shown.
  const telemetry = await openTelemetry({ ...config, logLevel: 'warn' });
  const store = await openStore(config, { scratch });
  try {
    // First of all, so that an address that is taken does not cost a training; until there is a model it serves popularity.
    const server = await servePlatform(config, store, telemetry);
    try {
      print(`${dataset.title} → ${store.place}`);
      const started = performance.now();
      const load = await loadWithProgress(store.pool, dataset, config, {
        strict: false,
        rejects: rejectsFile,
      });
      printReport(load, (performance.now() - started) / 1000);
      printTraining(await trainWithProgress(config, store, userTraining));
      const keys = await makeKeys(store.database);
      const access = { url: server.url, apiKey: keys.client };
      await showAdaptation(store.database, access);
      print(`\nAPI keys of this demonstration: ${keys.client} for a client, ${keys.admin} for an admin.`);
      if (exit) return;
      print(`GraphQL is served on ${server.url} until you press Ctrl+C; try`);
      print(`  ${curl(access)}`);
      // Admins may try trainings, too; the worker is of this database.
      const settings = { DATABASE_URL: store.url, WARMSTART_LOG_LEVEL: 'warn' };
      const trainings = keepTrainings(store, telemetry.logger, { worker: true, settings });
      await untilInterrupted();
      await trainings.stop();
    } finally {
      await server.close();
    }
  } finally {
    await Promise.allSettled([telemetry.tracing.close(), store.close()]);
  }
}

async function makeKeys(database: Database): Promise<{ client: string; admin: string }> {
  const client = await createApiKey(database, { name: 'demonstration', role: 'CLIENT' });
  const admin = await createApiKey(database, { name: 'demonstration', role: 'ADMIN' });
  return { client: client.secret, admin: admin.secret };
}

/** Asks for a newcomer's recommendations over HTTP, before and after three ratings of one taste. */
async function showAdaptation(database: Database, access: ServerAccess): Promise<void> {
  await upsertUsers(database, [{ externalId: newcomer, features: {} }]);
  const before = await recommendations(access);
  const taste = await pickTaste(database, before);
  for (const itemId of taste.itemIds) {
    await rate(access, itemId, 5);
  }
  const after = await recommendations(access);
  print(`\nThe user “${newcomer}”, of whom nothing was known, rates 5: ${taste.titles.join(', ')}`);
  const inPool = (list: Answer['edges']) => list.filter(({ node }) => taste.pool.has(node.externalId)).length;
  print(
    `Of “${taste.title}”, the pool they are from (marked *): ${inPool(before)} before, ${inPool(after)} after.\n`,
  );
  const shown = (list: readonly Answer['edges'][number][]) =>
    list.map(({ node }) => `${taste.pool.has(node.externalId) ? '*' : ' '} ${node.title}`);
  print(
    sideBySide(
      [`before: ${reasons(before)}`, ...shown(before)],
      [`after: ${reasons(after)}`, ...shown(after)],
    ),
  );
}

async function recommendations(access: ServerAccess): Promise<Answer['edges']> {
  const data = await askServer<{ recommendations: Answer }>(access, recommend, {
    user: newcomer,
    first: listLength,
  });
  return data.recommendations.edges;
}

async function rate(access: ServerAccess, item: string, value: number): Promise<void> {
  const input = { interactions: [{ user: newcomer, item, type: 'RATE', value }] };
  const { recordInteractions } = await askServer<{
    recordInteractions: { userErrors: { message: string }[] };
  }>(access, recordRatings, { input });
  const [fault] = recordInteractions.userErrors;
  if (fault) throw new Error(`the rating was not recorded: ${fault.message}`);
}

/** Of an item that somebody has met: those that nobody has are fresh in either list. */
function reasons(edges: Answer['edges']): string {
  const edge = edges.find(({ reason }) => reason !== 'FRESH') ?? edges[0];
  const version = edge?.modelVersion;
  return `${edge?.reason.toLowerCase()}${version ? ` by model version ${version.number}` : ''}`;
}

interface Taste {
  readonly title: string;
  readonly itemIds: readonly string[];
  readonly titles: readonly string[];
  readonly pool: ReadonlySet<string>;
}

/** The most used scenario of whose pool nothing is in the list, so that a taste for it is news; its three most popular items. */
async function pickTaste(database: Database, list: Answer['edges']): Promise<Taste> {
  const listed = list.map(({ node }) => node.externalId);
  const [row] = await database.$queryRaw<{ title: string; itemIds: string[]; titles: string[] }[]>(sql`
    SELECT scenarios.title, array_agg(items.external_id ORDER BY interactions DESC, items.id) AS "itemIds",
      array_agg(items.title ORDER BY interactions DESC, items.id) AS titles
    FROM scenarios JOIN scenario_items ON scenario_id = scenarios.id JOIN items ON items.id = scenario_items.item_id
      JOIN item_popularity USING (item_id)
    GROUP BY scenarios.id
    ORDER BY count(*) FILTER (WHERE items.external_id = ANY(${listed})), sum(interactions) DESC, scenarios.id LIMIT 1`);
  if (!row) throw new Error('the sample data has no scenario with rated items');
  const { title, itemIds, titles } = row;
  return { title, itemIds: itemIds.slice(0, 3), titles: titles.slice(0, 3), pool: new Set(itemIds) };
}

const recommend = `query ($user: ID!, $first: Int!) {
  recommendations(for: { user: $user }, first: $first) {
    edges { node { externalId title } score reason modelVersion { number } }
  }
}`;

const recordRatings = `mutation ($input: RecordInteractionsInput!) {
  recordInteractions(input: $input) { userErrors { message } }
}`;

function curl({ url, apiKey }: ServerAccess): string {
  const query = `{ recommendations(for: { user: "${newcomer}" }, first: 3) { edges { node { title } score reason } } }`;
  const headers = `-H 'content-type: application/json' -H 'authorization: Bearer ${apiKey}'`;
  return `curl -s ${url} ${headers} -d '${JSON.stringify({ query })}'`;
}
