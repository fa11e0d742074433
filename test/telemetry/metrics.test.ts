import { beforeAll, describe, expect, test } from '@jest/globals';
import { createApiKey } from '../../src/access/api-keys.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { Metrics } from '../../src/telemetry/metrics.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { serveUntrainedModel } from '../support/test-model.ts';
import { testServer } from '../support/test-server.ts';

const list = (user: string) =>
  `query ChosenByClient { recommendations(for: { user: "${user}" }, first: 2) { edges { score } } }`;

describe('server metrics', () => {
  const db = testDatabase();
  const metrics = new Metrics();
  const server = testServer(db, { metrics });

  const read = (url: string, headers: Record<string, string> = { authorization: server.authorization }) =>
    fetch(new URL('/metrics', url), { headers });

  /** Returns the value of each series by its name and labels, as written in the response. */
  async function series(): Promise<Map<string, number>> {
    const lines = (await (await read(server.url)).text()).split('\n');
    return new Map(
      lines
        .filter((line) => line && !line.startsWith('#'))
        .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
    );
  }

  beforeAll(async () => {
    await loadDataset(db.pool, smallDataset(smallCatalog(2, 5)), { ratingScale: { minimum: 1, maximum: 5 } });
  });

  test('are available to an admin only', async () => {
    expect((await read(server.url, {})).status).toBe(401);
    const { secret } = await createApiKey(db.database, { name: 'front end', role: 'CLIENT' });
    expect((await read(server.url, { authorization: `Bearer ${secret}` })).status).toBe(401);
    const response = await read(server.url);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; .*version=0\.0\.4/);
  });

  test('count operations, root fields and HTTP requests, without names that a client chooses', async () => {
    await server.ask(list('u1'));
    await server.ask(list('nobody'));
    await server.ask('mutation Mine { __typename }');
    await server.ask('{ nothing }');
    await server.ask('{');
    await fetch(new URL('/some/path/of/a/client', server.url));
    const found = await series();
    const operations = (labels: string) => found.get(`warmstart_graphql_operations_total{${labels}}`);
    expect(operations('kind="query",outcome="OK"')).toBe(1);
    expect(operations('kind="query",outcome="USER_NOT_FOUND"')).toBe(1);
    expect(operations('kind="mutation",outcome="OK"')).toBe(1);
    expect(operations('kind="none",outcome="GRAPHQL_VALIDATION_FAILED"')).toBe(1);
    expect(operations('kind="none",outcome="GRAPHQL_PARSE_FAILED"')).toBe(1);
    expect(
      found.get('warmstart_graphql_root_field_duration_seconds_count{field="Query.recommendations"}'),
    ).toBe(2);
    expect(found.get('warmstart_http_requests_total{route="/graphql",status="200"}')).toBe(3);
    expect(found.get('warmstart_http_requests_total{route="other",status="404"}')).toBe(1);
    expect(found.get('nodejs_eventloop_lag_p99_seconds')).toBeGreaterThan(0);
    const text = [...found.keys()].join('\n');
    expect(text).not.toMatch(/ChosenByClient|Mine|some\/path|nobody/);
  });

  test('report scored candidates, popular lists by cause, active model versions and training runs by status', async () => {
    const before = await series();
    expect(before.get('warmstart_popular_lists_total{cause="nothing_to_adapt_to"}')).toBe(0);
    expect(before.get('warmstart_oldest_queued_training_seconds')).toBe(0);
    expect(before.get('warmstart_overdue_schedules')).toBe(0);
    expect(before.get('warmstart_trainings_total{status="failed"}')).toBe(0);
    expect(before.get('warmstart_popular_lists_total{cause="no_model"}')).toBe(1);
    expect(before.get('warmstart_active_model_version{task_kind="USER"}')).toBe(0);

    const version = await serveUntrainedModel(db.database, 1);
    expect((await server.ask(list('u2'))).errors).toBeUndefined();
    await db.pool.query(`INSERT INTO interactions (user_id, item_id, type, value)
      SELECT users.id, items.id, 'RATE', 4 FROM users, items WHERE users.external_id = 'u1' AND items.external_id = 'i1'`);
    await server.ask(list('u1'));
    await db.pool.query(`INSERT INTO training_runs (task_kind, status, config, seed)
      VALUES ('USER', 'QUEUED', '{}', 1), ('USER', 'QUEUED', '{}', 1), ('USER', 'RUNNING', '{}', 1), ('USER', 'FAILED', '{}', 1)`);
    const found = await series();
    expect(found.get('warmstart_popular_lists_total{cause="nothing_to_adapt_to"}')).toBe(1);
    expect(found.get('warmstart_popular_lists_total{cause="no_model"}')).toBe(1);
    expect(found.get('warmstart_scoring_duration_seconds_count{task_kind="USER"}')).toBe(1);
    // The user has rated one of the five items.
    expect(found.get('warmstart_scored_candidates_sum{task_kind="USER"}')).toBe(4);
    expect(found.get('warmstart_active_model_version{task_kind="USER"}')).toBe(version);
    expect(found.get('warmstart_active_model_version{task_kind="SCENARIO"}')).toBe(0);
    expect(found.get('warmstart_trainings{status="queued"}')).toBe(2);
    expect(found.get('warmstart_trainings{status="running"}')).toBe(1);
  });

  test('report failed training runs, the age of the oldest queued run and overdue schedules', async () => {
    await db.pool.query(`UPDATE training_runs SET created_at = now() - interval '1 hour'
      WHERE id = (SELECT max(id) FROM training_runs WHERE status = 'QUEUED')`);
    await db.pool.query(`INSERT INTO retrain_schedules (task_kind, cron, timezone, config, seed, paused, next_run_at)
      SELECT 'USER', '0 * * * *', 'UTC', '{}', 1, paused, now() - late FROM (VALUES (false, interval '2 minutes'),
        (false, '30 seconds'), (false, '-1 hour'), (true, '2 minutes')) AS schedules (paused, late)`);
    for (let time = 0; time < 2; time++) {
      const found = await series();
      expect(found.get('warmstart_trainings_total{status="failed"}')).toBe(1);
      expect(found.get('warmstart_trainings_total{status="cancelled"}')).toBe(0);
      expect(found.get('warmstart_oldest_queued_training_seconds')).toBeGreaterThanOrEqual(3600);
      expect(found.get('warmstart_oldest_queued_training_seconds')).toBeLessThan(3700);
      expect(found.get('warmstart_overdue_schedules')).toBe(1);
    }
  });

  test('leave out values from the database if its query fails', async () => {
    await db.pool.query('ALTER TABLE training_runs RENAME TO hidden');
    const found = await series().finally(() => db.pool.query('ALTER TABLE hidden RENAME TO training_runs'));
    expect(found.has('warmstart_trainings{status="queued"}')).toBe(false);
    expect(found.has('warmstart_overdue_schedules')).toBe(false);
    expect(found.has('warmstart_trainings_total{status="failed"}')).toBe(false);
    expect(found.get('warmstart_http_requests_total{route="other",status="404"}')).toBe(1);
  });

  test('are separate for each server', async () => {
    const other = new Metrics();
    other.refused('cost');
    expect(await other.render(undefined)).toContain('warmstart_rate_limited_total{limit="cost"} 1');
    expect((await series()).has('warmstart_rate_limited_total{limit="cost"}')).toBe(false);
  });

  test('have a help text and a description in docs/operations.md', async () => {
    const { readFile } = await import('node:fs/promises');
    const text = await metrics.render(undefined);
    const names = [...text.matchAll(/^# HELP (warmstart_\S+) (.+)$/gm)].map(([, name]) => name as string);
    expect(names.length).toBeGreaterThan(8);
    const page = await readFile('docs/operations.md', 'utf8');
    const described = [...page.matchAll(/^\| `(warmstart_\w+)` \|/gm)].map(([, name]) => name);
    expect(described.sort()).toEqual(names.sort());
  });
});
