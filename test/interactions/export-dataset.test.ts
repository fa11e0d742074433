import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { storedFields } from '../../src/catalog/feature-fields.ts';
import { openMappedFiles } from '../../src/cli/mapping-file.ts';
import type { Reject } from '../../src/datasets/dataset.ts';
import { exportDataset } from '../../src/interactions/export-dataset.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import type { OpenDatabase } from '../../src/store/database.ts';
import { testDatabase } from '../support/test-database.ts';

const ratingScale = { minimum: 1, maximum: 5 };
const strange = 'a "quoted"\\name\\.\n\twith, 😀 and \u0001\u007f';

/** What is stored, without internal IDs, in their order. */
async function contentOf({ database }: Pick<OpenDatabase, 'database'>) {
  const externalId = { select: { externalId: true } };
  const orderBy = { id: 'asc' } as const;
  return {
    fields: await storedFields(database),
    users: await database.user.findMany({ select: { externalId: true, features: true }, orderBy }),
    items: await database.item.findMany({
      select: {
        externalId: true,
        title: true,
        features: true,
        available: true,
        availableFrom: true,
        availableUntil: true,
      },
      orderBy,
    }),
    scenarios: await database.scenario.findMany({
      select: {
        ...{ externalId: true, title: true, rule: true },
        items: { select: { item: externalId }, orderBy: { itemId: 'asc' } },
      },
      orderBy,
    }),
    interactions: await database.interaction.findMany({
      select: { user: externalId, item: externalId, scenario: externalId, type: true, value: true, occurredAt: true },
      orderBy: [{ userId: 'asc' }, { id: 'asc' }],
    }),
  };
}

describe('exportDataset', () => {
  const [source, target] = [testDatabase(), testDatabase()];
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'warmstart-export-'));
    const { database, pool } = source;
    await database.featureField.createMany({
      data: [
        { entity: 'USER', name: 'region', kind: 'CATEGORICAL' },
        { entity: 'USER', name: 'it’s "a.b"', kind: 'NUMERIC' },
        { entity: 'USER', name: 'in no row', kind: 'MULTI_VALUED' },
        { entity: 'ITEM', name: 'genres', kind: 'MULTI_VALUED' },
        { entity: 'ITEM', name: 'title', kind: 'CATEGORICAL' },
        { entity: 'ITEM', name: 'text', kind: 'VECTOR', width: 2 },
        { entity: 'ITEM', name: 'released', kind: 'DATE' },
      ],
    });
    const none = { region: null, 'it’s "a.b"': null, 'in no row': null };
    await database.user.createMany({
      data: [
        { id: 7, externalId: '9007199254740993', features: { ...none, region: 'north', 'it’s "a.b"': 0.1 } },
        { id: 3, externalId: strange, features: { ...none, region: '', 'it’s "a.b"': -999999999999999.9 } },
        { id: 5, externalId: 'u-none', features: none },
      ],
    });
    await pool.query(`INSERT INTO items (external_id, title, available, features)
      SELECT 'i' || n, 'Item "' || n || '"', n % 3 > 0, jsonb_build_object('title', NULL,
        'genres', '["a\\na","b"]'::jsonb, 'released', (ARRAY['2024-02-29', '1999-12-31T23:59:59.999Z'])[n % 3], 'text', CASE WHEN n % 2 = 0 THEN '[0.1, -0.05234568]'::jsonb END)
      FROM generate_series(1, 1200) AS n`);
    await pool.query(`
      UPDATE items SET available_from = '0001-01-01Z' WHERE id = 20;
      UPDATE items SET available_until = '9999-12-31 23:59:59.999Z' WHERE id IN (20, 21);
      INSERT INTO scenarios (external_id, title) VALUES ('large', 'Large'), ('empty', 'Empty'), ('one', 'O\\n"ne');
      INSERT INTO scenarios (external_id, title, rule) VALUES ('ruled', 'R', '{
        "features": [{"feature": "genres", "in": ["b"]}],
        "path": "($.\\"genres\\".type() == \\"array\\" && exists($.\\"genres\\"[*] ? (@.type() == \\"string\\" && (@ == \\"b\\"))))"
      }');
      INSERT INTO scenario_items SELECT 1, id FROM items WHERE id <> 17;
      INSERT INTO scenario_items VALUES (3, 17)`);
    const at = (milliseconds: number) => new Date(Date.UTC(2024, 1, 29, 23, 59, 59, milliseconds));
    const row = { userId: 7, itemId: 2, type: 'VIEW', occurredAt: at(0) } as const;
    await database.interaction.createMany({
      data: [
        { ...row, userId: 3, type: 'RATE', value: 3.3, occurredAt: at(7) },
        { ...row, scenarioId: 3 },
        { ...row, itemId: 1, type: 'RATE', value: 4.1, idempotencyKey: 'once' },
        { ...row, itemId: 2, dataset: 'another' },
        { ...row, itemId: 3, type: 'PURCHASE', value: 1e-7 },
        { ...row, userId: 3, type: 'CLICK', scenarioId: 2, occurredAt: at(999) },
      ],
    });
  });
  afterAll(() => rm(folder, { recursive: true }));

  const importAll = async () => {
    const dataset = await openMappedFiles([folder], join(folder, 'mapping.json'), ratingScale);
    const rejects: string[] = [];
    const onReject = ({ reason }: Reject) => void rejects.push(reason);
    return { ...(await loadDataset(target.pool, dataset, { ratingScale, onReject })), rejects };
  };

  test.each([
    ['parquet', '.parquet'],
    ['jsonl', '.jsonl'],
  ] as const)(
    'writes a file of %s for each kind and a mapping, by which an import stores the same again',
    async (format, suffix) => {
      await target.pool.query('TRUNCATE users, items, scenarios, feature_fields CASCADE');
      const seen: [number, number][] = [];
      const files = await exportDataset(source.pool, folder, {
        ratingScale,
        format,
        onLines: (written, all) => void seen.push([written, all]),
      });
      // The pool of 1,199 items is in three lines.
      expect(files.map(({ path, lines }) => [path, lines])).toEqual([
        [join(folder, `users${suffix}`), 3],
        [join(folder, `items${suffix}`), 1200],
        [join(folder, `scenarios${suffix}`), 6],
        [join(folder, `interactions${suffix}`), 6],
      ]);
      expect(seen.at(-1)).toEqual([1215, 1215]);
      expect(await importAll()).toMatchObject({
        users: { added: 3 },
        items: { added: 1200 },
        scenarios: { added: 4 },
        interactions: { added: 6 },
        rejects: [],
      });
      const [before, after] = [await contentOf(source), await contentOf(target)];
      expect(after).toEqual(before);
      expect(before.items.filter(({ available }) => !available)).toHaveLength(400);
    },
  );

  test('makes a second import add and change nothing, also from compressed files', async () => {
    await exportDataset(source.pool, folder, { ratingScale, format: 'jsonlGzip' });
    expect((await readdir(folder)).sort()).toEqual([
      ...['interactions.jsonl.gz', 'items.jsonl.gz', 'mapping.json', 'scenarios.jsonl.gz', 'users.jsonl.gz'],
    ]);
    const none = { added: 0, changed: 0 };
    const report = await importAll();
    expect(report).toMatchObject({ users: none, items: none, scenarios: none, interactions: none });
    expect(report).toMatchObject({ users: { read: 3 }, interactions: { read: 6 } });
  });

  test('writes null for features without a value of their kind, and leaves out those that are not declared', async () => {
    await source.database.user.create({
      data: { id: 8, externalId: 'odd', features: { region: 5, 'in no row': ['x', 5], undeclared: 'x' } },
    });
    await exportDataset(source.pool, folder, { ratingScale });
    const lines = (await readFile(join(folder, 'users.jsonl'), 'utf8')).trim().split('\n');
    expect(JSON.parse(lines.at(-1) as string)).toEqual({
      id: 'odd',
      features: { region: null, 'it’s "a.b"': null, 'in no row': null },
    });
  });

  test('adds only the new interactions of a later export', async () => {
    await source.database.interaction.create({ data: { userId: 5, itemId: 9, type: 'VIEW' } });
    await exportDataset(source.pool, folder, { ratingScale });
    expect(await importAll()).toMatchObject({ users: { added: 1 }, interactions: { read: 7, added: 1 } });
  });

  test('leaves out what is recorded while it writes', async () => {
    let recorded: Promise<unknown> | undefined;
    const files = await exportDataset(source.pool, folder, {
      ratingScale,
      onLines() {
        recorded ??= source.database.interaction.create({ data: { userId: 7, itemId: 9, type: 'VIEW' } }).then();
      },
    });
    await recorded;
    expect(files.at(-1)).toEqual({ path: join(folder, 'interactions.jsonl'), lines: 7 });
    const lines = (await readFile(join(folder, 'interactions.jsonl'), 'utf8')).trim().split('\n');
    expect(lines).toHaveLength(7);
    expect(await source.database.interaction.count()).toBe(8);
  });

  test('lets an import put an interaction that was recorded late where its time is', async () => {
    const late = { userId: 5, itemId: 8, type: 'CLICK', occurredAt: new Date('2020-01-01T00:00:00Z') } as const;
    await source.database.interaction.create({ data: late });
    await exportDataset(source.pool, folder, { ratingScale });
    const dataset = await openMappedFiles([folder], join(folder, 'mapping.json'), ratingScale);
    await target.pool.query('TRUNCATE users, items, scenarios CASCADE');
    await loadDataset(target.pool, dataset, { ratingScale });
    const orderOf = async ({ database }: Pick<OpenDatabase, 'database'>) => {
      const where = { user: { externalId: 'u-none' } };
      const rows = await database.interaction.findMany({ where, include: { item: true }, orderBy: { id: 'asc' } });
      return rows.map(({ item }) => item.externalId);
    };
    expect([await orderOf(source), await orderOf(target)]).toEqual([
      ['i9', 'i8'],
      ['i8', 'i9'],
    ]);
  });

  test('converts ratings if the importing platform has another rating scale', async () => {
    const dataset = await openMappedFiles([folder], join(folder, 'mapping.json'), { minimum: 0, maximum: 100 });
    const values: (number | null)[] = [];
    for await (const { rows } of dataset.interactions(() => {})) values.push(...rows.map(({ record }) => record.value));
    // (3.3 − 1) / 4 and (4.1 − 1) / 4
    expect(values.filter((value) => value !== null && value > 1)).toEqual([
      expect.closeTo(57.5, 9),
      expect.closeTo(77.5, 9),
    ]);
  });
});

describe('exportDataset of an empty database', () => {
  const db = testDatabase();

  test('says that nothing is stored, and keeps the files of an earlier export', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'warmstart-export-'));
    await writeFile(join(folder, 'users.jsonl'), '{}\n');
    await expect(exportDataset(db.pool, folder, { ratingScale })).rejects.toThrow(
      'expected stored data to export, got an empty database; import some first',
    );
    expect(await readdir(folder)).toEqual(['users.jsonl']);
    await rm(folder, { recursive: true });
  });
});
