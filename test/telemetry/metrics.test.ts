import { readFile } from 'node:fs/promises';
import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createApiKey } from '../../src/access/api-keys.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { Metrics } from '../../src/telemetry/metrics.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { serveUntrainedModel } from '../support/test-model.ts';
import { testServer } from '../support/test-server.ts';

const list = (user: string) =>
  `query ChosenByClient { recommendations(for: { user: "${user}" }, first: 2) { edges { score } } }`;

describe('GET /metrics', () => {
  const db = testDatabase();
  const metrics = new Metrics();
  const server = testServer(db, { metrics });

  const read = (url: string, headers: Record<string, string> = { authorization: server.authorization }) =>
    fetch(new URL('/metrics', url), { headers });

  /** Returns the values of all series, by name and labels as they are written. */
  async function series(): Promise<Map<string, number>> {
    const lines = (await (await read(server.url)).text()).split('\n');
    return new Map(
      lines
        .filter((line) => line && !line.startsWith('#'))
        .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
    );
  }

  /** Returns by how much a series grows during `work`. */
  async function growth(work: () => Promise<unknown>): Promise<(name: string) => number> {
    const before = await series();
    await work();
    const after = await series();
    return (name) => (after.get(name) ?? 0) - (before.get(name) ?? 0);
  }

  beforeAll(async () => {
    await loadDataset(db.pool, smallDataset(smallCatalog(2, 5)), { ratingScale: { minimum: 1, maximum: 5 } });
  });
  beforeEach(async () => {
    for (const table of ['active_models', 'interactions', 'training_runs', 'retrain_schedules'])
      await db.pool.query(`DELETE FROM ${table}`);
  });

  test('answers only admins', async () => {
    expect((await read(server.url, {})).status).toBe(401);
    const { secret } = await createApiKey(db.database, { name: 'front end', role: 'CLIENT' });
    expect((await read(server.url, { authorization: `Bearer ${secret}` })).status).toBe(401);
    const response = await read(server.url);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; .*version=0\.0\.4/);
  });

  test('counts operations, root fields and HTTP requests, without a name that a client chose', async () => {
    const grown = await growth(async () => {
      await server.ask(list('u1'));
      await server.ask(list('nobody'));
      await server.ask('mutation Mine { __typename }');
      await server.ask('{ nothing }');
      await server.ask('{');
      await fetch(new URL('/some/path/of/a/client', server.url));
    });
    const operations = (labels: string) => grown(`warmstart_graphql_operations_total{${labels}}`);
    expect(operations('kind="query",outcome="OK"')).toBe(1);
    expect(operations('kind="query",outcome="USER_NOT_FOUND"')).toBe(1);
    expect(operations('kind="mutation",outcome="OK"')).toBe(1);
    expect(operations('kind="none",outcome="GRAPHQL_VALIDATION_FAILED"')).toBe(1);
    expect(operations('kind="none",outcome="GRAPHQL_PARSE_FAILED"')).toBe(1);
    expect(grown('warmstart_graphql_root_field_duration_seconds_count{field="Query.recommendations"}')).toBe(2);
    expect(grown('warmstart_http_requests_total{route="/graphql",status="200"}')).toBe(3);
    expect(grown('warmstart_http_requests_total{route="other",status="404"}')).toBe(1);
    const found = await series();
    expect(found.get('nodejs_eventloop_lag_p99_seconds')).toBeGreaterThan(0);
    expect([...found.keys()].join('\n')).not.toMatch(/ChosenByClient|Mine|some\/path|nobody/);
  });

  test('counts scored candidates, and lists of popular items by cause', async () => {
    const popular = (cause: string) => `warmstart_popular_lists_total{cause="${cause}"}`;
    const withoutModel = await growth(() => server.ask(list('u1')));
    expect(['no_model', 'nothing_to_adapt_to'].map(popular).map(withoutModel)).toEqual([1, 0]);

    await serveUntrainedModel(db.database, 1);
    const withoutHistory = await growth(() => server.ask(list('u2')));
    expect(['no_model', 'nothing_to_adapt_to'].map(popular).map(withoutHistory)).toEqual([0, 1]);

    await db.pool.query(`INSERT INTO interactions (user_id, item_id, type, value)
      SELECT users.id, items.id, 'RATE', 4 FROM users, items WHERE users.external_id = 'u1' AND items.external_id = 'i1'`);
    const adapted = await growth(() => server.ask(list('u1')));
    expect(['no_model', 'nothing_to_adapt_to'].map(popular).map(adapted)).toEqual([0, 0]);
    expect(adapted('warmstart_scoring_duration_seconds_count{task_kind="USER"}')).toBe(1);
    // Five items, one of which the user has rated.
    expect(adapted('warmstart_scored_candidates_sum{task_kind="USER"}')).toBe(4);
  });

  test('shows the active model version of each kind of task, and 0 if there is none', async () => {
    const active = 'warmstart_active_model_version';
    expect((await series()).get(`${active}{task_kind="USER"}`)).toBe(0);
    const version = await serveUntrainedModel(db.database, 1);
    const found = await series();
    expect(found.get(`${active}{task_kind="USER"}`)).toBe(version);
    expect(found.get(`${active}{task_kind="SCENARIO"}`)).toBe(0);
  });

  test('shows training runs by status, the oldest queued run and overdue schedules', async () => {
    const idle = await series();
    expect(idle.get('warmstart_oldest_queued_training_seconds')).toBe(0);
    expect(idle.get('warmstart_overdue_schedules')).toBe(0);
    expect(idle.get('warmstart_trainings_total{status="failed"}')).toBe(0);

    await db.pool.query(`INSERT INTO training_runs (task_kind, status, config, seed, created_at)
      VALUES ('USER', 'QUEUED', '{}', 1, now() - interval '1 hour'), ('USER', 'QUEUED', '{}', 1, now()),
        ('USER', 'RUNNING', '{}', 1, now()), ('USER', 'FAILED', '{}', 1, now())`);
    await db.pool.query(`INSERT INTO retrain_schedules (task_kind, cron, timezone, config, seed, paused, next_run_at)
      SELECT 'USER', '0 * * * *', 'UTC', '{}', 1, paused, now() - late FROM (VALUES (false, interval '2 minutes'),
        (false, '30 seconds'), (false, '-1 hour'), (true, '2 minutes')) AS schedules (paused, late)`);
    // A second scrape must not add to the first.
    for (let time = 0; time < 2; time++) {
      const found = await series();
      expect(found.get('warmstart_trainings{status="queued"}')).toBe(2);
      expect(found.get('warmstart_trainings{status="running"}')).toBe(1);
      expect(found.get('warmstart_trainings_total{status="failed"}')).toBe(1);
      expect(found.get('warmstart_trainings_total{status="cancelled"}')).toBe(0);
      expect(found.get('warmstart_oldest_queued_training_seconds')).toBeGreaterThanOrEqual(3600);
      expect(found.get('warmstart_oldest_queued_training_seconds')).toBeLessThan(3700);
      expect(found.get('warmstart_overdue_schedules')).toBe(1);
    }
  });

  test('omits the metrics that come from the database if they cannot be read', async () => {
    await server.ask('{ __typename }');
    await db.pool.query('ALTER TABLE training_runs RENAME TO hidden');
    const found = await series().finally(() => db.pool.query('ALTER TABLE hidden RENAME TO training_runs'));
    expect(found.has('warmstart_trainings{status="queued"}')).toBe(false);
    expect(found.has('warmstart_overdue_schedules')).toBe(false);
    expect(found.has('warmstart_trainings_total{status="failed"}')).toBe(false);
    expect(found.get('warmstart_http_requests_total{route="/graphql",status="200"}')).toBeGreaterThan(0);
  });

  test('keeps the metrics of two servers in one process apart', async () => {
    const other = new Metrics();
    other.refused('cost');
    expect(await other.render(undefined)).toContain('warmstart_rate_limited_total{limit="cost"} 1');
    expect((await series()).has('warmstart_rate_limited_total{limit="cost"}')).toBe(false);
  });

  test('gives every metric a help text, and docs/operations.md describes each', async () => {
    const text = await (await read(server.url)).text();
    const names = [...text.matchAll(/^# HELP (warmstart_\S+) (.+)$/gm)].map(([, name]) => name as string);
    expect(names.length).toBeGreaterThan(8);
    const page = await readFile('docs/operations.md', 'utf8');
    const described = [...page.matchAll(/^\| `(warmstart_\w+)` \|/gm)].map(([, name]) => name);
    expect(described.sort()).toEqual(names.sort());
  });
});
