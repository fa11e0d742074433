import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createApiKey } from '../../src/access/api-keys.ts';
import { readConfig } from '../../src/config.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { Metrics } from '../../src/telemetry/metrics.ts';
import { endUserTokens, userToken } from '../support/caller-tokens.ts';
import { eventually } from '../support/eventually.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { testServer } from '../support/test-server.ts';

const ratingScale = { minimum: 1, maximum: 5 };
const ndjson = 'application/x-ndjson';

const line = (fields: object) => `${JSON.stringify({ user: 'u1', item: 'i1', type: 'VIEW', ...fields })}\n`;
const views = (count: number, prefix: string) =>
  Array.from({ length: count }, (_, index) => line({ idempotencyKey: `${prefix}${index}` })).join('');

describe('POST /interactions', () => {
  const db = testDatabase();
  const metrics = new Metrics();
  const server = testServer(db, { endUserTokens, metrics, requestSeconds: 1 });
  const usual = readConfig({}).limits;
  const limited = testServer(db, { limits: { ...usual, costPerMinute: 10_000, failedAuthenticationsPerMinute: 2 } });
  let client = '';
  let other = '';
  const stored = () => db.database.interaction.count();

  beforeAll(async () => {
    await loadDataset(db.pool, smallDataset(smallCatalog(2, 2)), { ratingScale });
    client = `Bearer ${(await createApiKey(db.database, { name: 'shop', role: 'CLIENT' })).secret}`;
    other = `Bearer ${(await createApiKey(db.database, { name: 'branch', role: 'CLIENT' })).secret}`;
  });
  beforeEach(() => db.database.interaction.deleteMany());

  const address = (search = '', { url } = server) => new URL(`/interactions${search}`, url);
  const post = async (
    body: string | Uint8Array<ArrayBuffer>,
    { search = '', ...headers }: Record<string, string | undefined> = {},
    to = server,
  ) => {
    const given = { 'content-type': ndjson, authorization: client, ...headers };
    const sent = Object.entries(given).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const response = await fetch(address(search, to), { method: 'POST', headers: Object.fromEntries(sent), body });
    // biome-ignore lint/suspicious/noExplicitAny: tests read what they expect.
    return { status: response.status, headers: response.headers, body: (await response.json()) as any };
  };
  /** Begins a request whose body the test sends piece by piece. */
  const begin = (authorization = client) => {
    const headers = { 'content-type': ndjson, authorization };
    const sent = request(address(), { method: 'POST', headers });
    sent.on('error', () => {});
    const answered = once(sent, 'response').then(async ([response]) => ({
      status: response.statusCode,
      headers: response.headers,
      body: JSON.parse(await text(response)),
    }));
    answered.catch(() => {});
    return { sent, answered };
  };

  test('stores each line like recordInteractions, and says what it did with it', async () => {
    const time = '2026-01-02T03:04:05.678Z';
    const lines = [
      line({ type: 'RATE', value: 3.5, occurredAt: time, idempotencyKey: 'k1' }),
      '\n',
      line({ user: 'u2', occurredAt: 1_767_323_045 }),
      line({ type: 'RATE', value: 3.5, occurredAt: time, idempotencyKey: 'k1' }),
    ];
    const { status, body } = await post(lines.join(''));
    expect({ status, body }).toEqual({
      status: 200,
      body: { read: 3, recorded: 2, repeated: 1, refused: 0, refusals: [] },
    });
    const rows = await db.database.interaction.findMany({
      include: { user: true, item: true },
      orderBy: { id: 'asc' },
    });
    expect(rows).toMatchObject([
      { user: { externalId: 'u1' }, item: { externalId: 'i1' }, type: 'RATE', value: 3.5, idempotencyKey: 'k1' },
      { user: { externalId: 'u2' }, item: { externalId: 'i1' }, type: 'VIEW', value: null, idempotencyKey: null },
    ]);
    expect(rows.map(({ occurredAt }) => occurredAt.toISOString())).toEqual([time, '2026-01-02T03:04:05.000Z']);
  });

  test('refuses a wrong line with its number, field and code, and stores the others', async () => {
    const lines = [
      'not JSON\n',
      line({ user: 'nobody' }),
      line({}),
      line({ rating: 4 }),
      line({ type: 'RATE', value: 9 }),
      '{"user": 9007199254740993, "item": "i1", "type": "VIEW"}\n',
      line({ idempotencyKey: 'x'.repeat(70_000) }),
      line({ type: undefined }),
      JSON.stringify({ user: 'u1', item: 'i2', type: 'CLICK' }),
    ];
    const { status, body } = await post(lines.join(''));
    expect(status).toBe(200);
    expect(body).toMatchObject({ read: 9, recorded: 2, repeated: 0, refused: 7 });
    const message = (part: string) => expect.stringContaining(part);
    expect(body.refusals).toEqual([
      { line: 1, field: null, code: 'BAD_USER_INPUT', message: message('expected a line of JSON, got "not JSON"') },
      { line: 2, field: 'user', code: 'USER_NOT_FOUND', message: 'user: there is no user with the ID "nobody"' },
      { line: 4, field: null, code: 'BAD_USER_INPUT', message: message('got "rating"') },
      { line: 5, field: 'value', code: 'BAD_USER_INPUT', message: 'value: expected a rating from 1 to 5, got 9' },
      { line: 6, field: 'user', code: 'BAD_USER_INPUT', message: message('send IDs as strings') },
      { line: 7, field: null, code: 'BAD_USER_INPUT', message: 'expected a line of at most 65536 bytes, got more' },
      { line: 8, field: 'type', code: 'BAD_USER_INPUT', message: 'type: expected a value, got none' },
    ]);
  });

  test('refuses a line that is not valid UTF-8 with its number, and stores the others', async () => {
    const latin1 = Buffer.from(line({ idempotencyKey: 'Zoë' }), 'latin1');
    const utf8 = Buffer.from(line({ idempotencyKey: 'Zoë €' }));
    // The last line has no line feed.
    const { status, body } = await post(new Uint8Array(Buffer.concat([utf8, latin1, utf8, latin1.subarray(0, -1)])));
    expect([status, body.read, body.recorded, body.repeated]).toEqual([200, 4, 1, 1]);
    const message = expect.stringContaining('expected a line of JSON in UTF-8');
    expect(body.refusals).toEqual([2, 4].map((line) => ({ line, field: null, code: 'BAD_USER_INPUT', message })));
    expect(await db.database.interaction.findMany()).toMatchObject([{ idempotencyKey: 'Zoë €' }]);
  });

  test('stores more interactions than fit into a batch or a body of GraphQL, and adds nothing the second time', async () => {
    const body = views(4000, 'x'.repeat(240));
    expect(body.length).toBeGreaterThan(1_000_000);
    const compressed = new Uint8Array(gzipSync(body));
    const first = await post(compressed, { 'content-encoding': 'gzip' });
    expect(first.body).toMatchObject({ read: 4000, recorded: 4000, repeated: 0, refused: 0 });
    expect((await post(body)).body).toMatchObject({ read: 4000, recorded: 0, repeated: 4000 });
    expect(await stored()).toBe(4000);
  });

  test('refuses a body in gzip without the header that says so, and stores nothing', async () => {
    const { status, body } = await post(new Uint8Array(gzipSync(views(2, 'zip'))));
    expect([status, body.errors[0].message]).toEqual([
      415,
      'Content-Encoding: expected gzip as the encoding of a body that begins like a gzip file, got none; send the header `content-encoding: gzip`',
    ]);
    expect([body.read, await stored()]).toEqual([0, 0]);
  });

  test('reports the first 100 refused lines, and counts all', async () => {
    const { body } = await post('[]\n'.repeat(700));
    expect(body).toMatchObject({ read: 700, recorded: 0, refused: 700 });
    expect(body.refusals.map((refusal: { line: number }) => refusal.line)).toEqual(
      Array.from({ length: 100 }, (_, index) => index + 1),
    );
  });

  test('creates missing users and items only with createMissing=true', async () => {
    const unknown = line({ user: 'new-user', item: 'new-item' });
    expect((await post(unknown)).body).toMatchObject({ recorded: 0, refusals: [{ code: 'USER_NOT_FOUND' }] });
    expect((await post(unknown, { search: '?createMissing=true' })).body).toMatchObject({ recorded: 1, refused: 0 });
    const wrong = await post(unknown, { search: '?createMissing=yes' });
    expect([wrong.status, wrong.body.errors[0].extensions.code]).toEqual([400, 'BAD_REQUEST']);
  });

  test('answers the example of docs/clients.md as it says', async () => {
    const page = readFileSync('docs/clients.md', 'utf8');
    const [, lines = ''] = /<<'END'\n(.*?)END\n/s.exec(page) ?? [];
    const [, search] = /4000\/interactions(\?\w+=\w+)/.exec(page) ?? [];
    const [, answer = ''] = /```json\n(.*?)```/s.exec(page) ?? [];
    const compressed = new Uint8Array(gzipSync(lines));
    const { body } = await post(compressed, { search, 'content-encoding': 'gzip' });
    expect(body).toEqual(JSON.parse(answer));
  });

  test('accepts keys of clients and admins only', async () => {
    const statusOf = async (authorization: string | undefined) => {
      const { status, body } = await post(line({}), { authorization });
      return [status, body.errors?.[0].extensions.code];
    };
    expect(await statusOf(server.authorization)).toEqual([200, undefined]);
    expect(await statusOf(undefined)).toEqual([401, 'UNAUTHENTICATED']);
    expect(await statusOf(`${client}x`)).toEqual([401, 'UNAUTHENTICATED']);
    expect(await statusOf(await userToken('u1'))).toEqual([403, 'FORBIDDEN']);
    expect(await stored()).toBe(1);
  });

  test('costs one point, and counts invalid keys as GraphQL does', async () => {
    // With recordInteractions, they would cost more than 10,000 points.
    expect((await post(views(2500, 'free'), {}, limited)).body).toMatchObject({ recorded: 2500 });
    const guess = (character: string) => `Bearer wsk_${character.repeat(43)}`;
    const statuses: number[] = [];
    for (const character of ['a', 'b', 'c'])
      statuses.push((await post(line({}), { authorization: guess(character) }, limited)).status);
    expect(statuses).toEqual([401, 401, 429]);
    expect((await post(line({}), {}, limited)).status).toBe(200);
  });

  test('answers with the counts if the database cannot store a batch', async () => {
    await db.pool.query(`CREATE FUNCTION fill_disk() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE 'disk full' USING ERRCODE = 'disk_full'; END $$`);
    await db.pool.query(`CREATE TRIGGER full_disk BEFORE INSERT ON interactions FOR EACH ROW
      WHEN (NEW.idempotency_key = 'full700') EXECUTE FUNCTION fill_disk()`);
    const { status, headers, body } = await post(views(1000, 'full'));
    await db.pool.query('DROP TRIGGER full_disk ON interactions');
    expect([status, headers.get('retry-after'), body.errors[0].extensions.code]).toEqual([503, '5', 'UNAVAILABLE']);
    expect(body).toMatchObject({ read: 500, recorded: 500 });
    expect((await post(views(1000, 'full'))).body).toMatchObject({ recorded: 500, repeated: 500 });
  });

  test('refuses other methods, types and encodings, and pages of other origins', async () => {
    expect((await fetch(address())).status).toBe(405);
    expect((await fetch(address(), { method: 'OPTIONS' })).headers.get('allow')).toBe('POST');
    expect((await post(line({}), { 'content-type': 'application/json' })).status).toBe(415);
    expect((await post(line({}), { 'content-encoding': 'zstd' })).status).toBe(415);
    expect((await post(line({}))).headers.has('access-control-allow-origin')).toBe(false);
  });

  test('a body that cannot be decompressed to its end is refused with the counts of what is stored', async () => {
    const cut = new Uint8Array(gzipSync(views(2000, 'cut'), { level: 0 }).subarray(0, 100_000));
    const { status, body } = await post(cut, { 'content-encoding': 'gzip' });
    expect([status, body.errors[0].extensions.code]).toEqual([400, 'BAD_REQUEST']);
    expect(body.read).toBeGreaterThan(0);
    expect(body.read).toBe(await stored());
  });

  test('what a client sent before it breaks off stays, and a second try adds the rest', async () => {
    const { sent } = begin();
    sent.write(views(700, 'broken'));
    await eventually(async () => (await stored()) === 500);
    sent.destroy();
    // Until the server notices, the key is in use.
    const again = await eventually(async () => {
      const answer = await post(views(700, 'broken'));
      return answer.status !== 503 && answer;
    });
    expect(again.body).toMatchObject({ read: 700, recorded: 200, repeated: 500 });
  });

  test('reads two bodies at a time, and refuses a third one until one of them has ended', async () => {
    const [first, second] = [begin(), begin(other)];
    for (const [index, { sent }] of [first, second].entries()) sent.write(views(500, `at once ${index}`));
    await eventually(async () => (await stored()) === 1000);
    const { status, headers, body } = await post(line({}), { authorization: server.authorization });
    expect([status, headers.get('retry-after'), body.errors[0].extensions.code]).toEqual([503, '5', 'UNAVAILABLE']);
    expect(body.errors[0].message).toContain('at most 2 requests to');
    first.sent.end(line({}));
    expect(await first.answered).toMatchObject({ status: 200, body: { read: 501, recorded: 501 } });
    expect((await post(line({}))).status).toBe(200);
    second.sent.end();
    expect(await second.answered).toMatchObject({ status: 200, body: { recorded: 500 } });
  });

  test('reads one body of an API key at a time, and leaves room for another key', async () => {
    const slow = begin();
    slow.sent.write(views(500, 'slow'));
    await eventually(async () => (await stored()) === 500);
    const { status, headers, body } = await post(line({}));
    expect([status, headers.get('retry-after'), body.errors[0].extensions.code]).toEqual([503, '5', 'UNAVAILABLE']);
    expect(body.errors[0].message).toContain('at most 1 request with this API key');
    expect((await post(line({}), { authorization: other })).body).toMatchObject({ recorded: 1 });
    slow.sent.end();
    expect((await slow.answered).status).toBe(200);
    expect((await post(line({}))).status).toBe(200);
  });

  test('gives up on a client that pauses for too long, but not on one that takes long', async () => {
    const [slow, silent] = [begin(), begin(other)];
    for (let pieces = 0; pieces < 4; pieces++) {
      slow.sent.write(line({}));
      if (pieces === 0) silent.sent.write(views(600, 'silent'));
      await setTimeout(400);
    }
    slow.sent.end();
    expect(await slow.answered).toMatchObject({ status: 200, body: { recorded: 4 } });
    expect(await silent.answered).toMatchObject({
      status: 408,
      headers: { connection: 'close' },
      body: { errors: [{ extensions: { code: 'BAD_REQUEST' } }], read: 500, recorded: 500 },
    });
  });

  test('refuses a large body at once, and the client gets the answer', async () => {
    const { status } = await post(views(200_000, 'large'), { authorization: undefined });
    expect(status).toBe(401);
    expect(await metrics.render(undefined)).toMatch(/http_requests_total{route="\/interactions",status="401"} \d/);
  });
});
