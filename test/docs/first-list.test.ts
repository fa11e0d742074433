import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { MappingInput } from '../../src/datasets/mapping/mapping.ts';
import { endOfWarmstart, type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { testDatabase } from '../support/test-database.ts';

jest.setTimeout(180_000);

const run = promisify(execFile);

/** The commands of a page's shell blocks, in order. A line that ends with a backslash goes on. */
async function commandsOf(page: string): Promise<string[]> {
  const blocks = (await readFile(page, 'utf8')).matchAll(/^```sh\n(.*?)^```/gms);
  return Array.from(blocks, ([, text]) => (text as string).replaceAll('\\\n', ' ').trim().split('\n')).flat();
}

describe('docs/first-list.md, command by command, in an empty folder', () => {
  let server: ServerProcess | undefined;
  let folder: string;
  // Here, so that the server ends before its database is dropped.
  afterAll(async () => {
    await server?.stop();
    await rm(folder, { recursive: true });
  });
  const db = testDatabase();
  let commands: string[];
  let key: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'warmstart-first-list-'));
    commands = await commandsOf('docs/first-list.md');
  });

  const next = () => commands.shift() as string;
  /** Runs the next command of the page, which must be one of the command line. */
  const warmstart = async () => {
    const [, args] = /^npm run -s cli -- (.*)$/.exec(next()) as unknown as [string, string];
    const ended = await endOfWarmstart(args.split(' '), { DATABASE_URL: db.url }, { folder });
    expect([ended.status, ended.errors.match(/error.*/i)]).toEqual([0, null]);
    return ended.output;
  };
  /** Sends the request of the next command, which must be a `curl`, and returns the data of the answer. */
  const curl = async (item?: string) => {
    const body = (/-d '(.*)'$/.exec(next()) as unknown as [string, string])[1];
    const { query } = JSON.parse(body) as { query: string };
    const response = await fetch(server?.url as string, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body: JSON.stringify({ query: item === undefined ? query : query.replace('product-0001', item) }),
    });
    const { data, errors } = (await response.json()) as { data: Record<string, unknown>; errors?: unknown };
    expect(errors).toBeUndefined();
    return data;
  };

  test('writes the files of a shop', async () => {
    const [npx, tsx, script = '', ...args] = next().split(' ');
    expect([npx, tsx]).toEqual(['npx', 'tsx']);
    await run(resolve('node_modules/.bin/tsx'), [resolve(script), ...args], { cwd: folder });
  });

  test('guesses the mapping', async () => {
    const output = await warmstart();
    expect(output).toContain('The mapping is in mapping.json');
    expect(output).toContain('"price":4.43');
    const { files } = JSON.parse(await readFile(join(folder, 'mapping.json'), 'utf8')) as MappingInput;
    expect(files.flatMap(({ interactions }) => interactions ?? [])).toMatchObject([
      { type: { values: { view: 'VIEW', add_to_cart: 'CART', purchase: 'PURCHASE' } } },
    ]);
  });

  test('finds nothing to reject, and loads', async () => {
    expect(await warmstart()).toContain('Nothing was stored');
    expect(await db.database.interaction.count()).toBe(0);
    expect(await warmstart()).toContain('1,000 added');
    expect(await db.database.interaction.count()).toBeGreaterThan(50_000);
  });

  test('trains a model that becomes active', async () => {
    expect(await warmstart()).toContain('active from now on');
  });

  test('serves a list for a customer and for a visitor, and explains it', async () => {
    await warmstart();
    key = /wsk_[\w-]{43}/.exec(
      (await endOfWarmstart(['keys', 'create', '--name', 'shop', '--role', 'admin'], { DATABASE_URL: db.url })).output,
    )?.[0] as string;
    expect(next()).toBe('npm run -s serve');
    server = await startServerProcess({ DATABASE_URL: db.url });
    const customers = (await curl()) as { recommendations: { edges: { node: { title: string }; reason: string }[] } };
    expect(customers.recommendations.edges.map(({ reason }) => reason)).toEqual(Array(5).fill('ADAPTED'));
    const visitors = (await curl()) as typeof customers;
    expect(visitors.recommendations.edges).toHaveLength(5);
    const { title } = (customers.recommendations.edges[0] as (typeof customers.recommendations.edges)[number]).node;
    const { externalId } = await db.database.item.findFirstOrThrow({ where: { title } });
    const { explainRecommendation } = await curl(externalId);
    expect(explainRecommendation).toMatchObject({ influences: [{}, {}, {}] });
    expect(commands).toEqual([]);
  });
});
