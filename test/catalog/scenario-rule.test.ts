import { setTimeout } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { declareFeatureFields } from '../../src/catalog/declare-feature-fields.ts';
import type { FeatureCondition } from '../../src/catalog/item-filter.ts';
import { listItems } from '../../src/catalog/items.ts';
import { setScenarioItems } from '../../src/catalog/set-scenario-items.ts';
import { undeclareFeatureFields } from '../../src/catalog/undeclare-feature-fields.ts';
import { updateItems } from '../../src/catalog/update-items.ts';
import { upsertItems } from '../../src/catalog/upsert-items.ts';
import { upsertScenarios } from '../../src/catalog/upsert-scenarios.ts';
import type { Dataset, ScenarioRecord } from '../../src/datasets/dataset.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';

const strange = 'it’s "a.b"\\[*]';
const shoes = { features: [{ feature: 'category', in: ['Shoes'] }] };

const fields = [{ entity: 'item', name: 'category', kind: 'categorical' }] as const;

describe('the rule of a scenario', () => {
  const db = testDatabase();
  const pool = async (scenario: string) => {
    const where = { scenario: { externalId: scenario } };
    const rows = await db.database.scenarioItem.findMany({
      where,
      include: { item: true },
      orderBy: { itemId: 'asc' },
    });
    return rows.map(({ item }) => item.externalId);
  };
  const setRule = (externalId: string, features: readonly FeatureCondition[]) =>
    upsertScenarios(db.database, [{ externalId, title: 'S', rule: { features } }]);

  beforeAll(async () => {
    await declareFeatureFields(db.database, [
      { entity: 'ITEM', name: 'category', kind: 'CATEGORICAL' },
      { entity: 'ITEM', name: 'tags', kind: 'MULTI_VALUED' },
      { entity: 'ITEM', name: 'price', kind: 'NUMERIC' },
      { entity: 'ITEM', name: 'launch', kind: 'DATE' },
      { entity: 'ITEM', name: strange, kind: 'CATEGORICAL' },
      { entity: 'USER', name: 'region', kind: 'CATEGORICAL' },
    ]);
    await upsertItems(db.database, [
      {
        externalId: 'boot',
        title: 'Boot',
        features: { category: 'Shoes', tags: ['new', 'sale'], price: 80, launch: '2026-03-01' },
      },
      {
        externalId: 'sandal',
        title: 'Sandal',
        features: { category: 'Shoes', tags: [], price: -1e-7, launch: '2026-03-01T10:00:00Z' },
      },
      {
        externalId: 'hat',
        title: 'Hat',
        features: { category: 'Hats', tags: ['sale'], price: 20, launch: '2026-03-02' },
      },
      { externalId: 'odd', title: 'Odd', features: { [strange]: strange, price: null } },
      { externalId: 'bare', title: 'Bare' },
    ]);
    // Stored past the checks: values of other types than declared.
    await db.pool.query(`INSERT INTO items (external_id, title, features) VALUES
      ('wrong', 'W', '{"category": ["Shoes"], "tags": "sale", "price": "30", "launch": "2026-03-01 later"}'),
      ('mixed', 'M', '{"category": 5, "tags": [5, "sale"], "price": [30]}')`);
  });

  test.each<[string, FeatureCondition[]]>([
    ['in a category', [{ feature: 'category', in: ['Shoes', 'Coats'] }]],
    ['not in a category', [{ feature: 'category', notIn: ['Shoes'] }]],
    ['with a tag', [{ feature: 'tags', in: ['sale'] }]],
    ['without a tag', [{ feature: 'tags', notIn: ['sale', 'old'] }]],
    ['in a range of numbers', [{ feature: 'price', atLeast: -1e-7, atMost: 79.5 }]],
    ['above a number', [{ feature: 'price', atLeast: 1e-21 }]],
    ['from a day on', [{ feature: 'launch', from: '2026-03-01' }]],
    ['after the beginning of a day', [{ feature: 'launch', from: '2026-03-01T00:00:01Z' }]],
    ['until the end of a day', [{ feature: 'launch', until: '2026-03-01' }]],
    ['until the beginning of a day', [{ feature: 'launch', until: '2026-03-01T00:00:00Z' }]],
    ['with strange names', [{ feature: strange, in: ['a', strange] }]],
    [
      'that meet several conditions',
      [
        { feature: 'tags', in: ['sale'], notIn: ['new'] },
        { feature: 'price', atMost: 20 },
      ],
    ],
  ])('has the items %s in the pool that a filter of items returns', async (_which, features) => {
    await setRule('by rule', features);
    const filtered = await listItems(db.database, 100, 0, { features, includeUnavailable: true });
    expect(filtered.length).toBeGreaterThan(0);
    expect(filtered.length).toBeLessThan(7);
    expect(await pool('by rule')).toEqual(filtered.map(({ externalId }) => externalId));
  });

  test('lets new and changed items join and leave, whoever changes them', async () => {
    await upsertScenarios(db.database, [{ externalId: 'shoes', title: 'Shoes', rule: shoes }]);
    expect(await pool('shoes')).toEqual(['boot', 'sandal']);
    await upsertItems(db.database, [{ externalId: 'clog', title: 'Clog', features: { category: 'Shoes' } }]);
    await updateItems(db.database, [
      { externalId: 'boot', features: { category: 'Hats' } },
      { externalId: 'bare', features: { category: 'Shoes' } },
      { externalId: 'sandal', title: 'Sandals' },
    ]);
    expect(await pool('shoes')).toEqual(['sandal', 'bare', 'clog']);
    await db.pool.query(`UPDATE items SET features = '{"category": "Shoes"}' WHERE external_id = 'boot'`);
    await db.pool.query(`DELETE FROM items WHERE external_id = 'clog'`);
    expect(await pool('shoes')).toEqual(['boot', 'sandal', 'bare']);
  });

  test('stays if an upsert leaves it out, and its pool stays as it is once null has removed it', async () => {
    const [kept] = await upsertScenarios(db.database, [{ externalId: 'shoes', title: 'Shoes 2' }]);
    expect(kept).toMatchObject({ title: 'Shoes 2', rule: shoes });
    await expect(setScenarioItems(db.database, 'shoes', ['hat'])).rejects.toThrow(
      'scenario: expected a scenario without a rule, got one whose pool follows its rule',
    );
    const before = await pool('shoes');
    const [removed] = await upsertScenarios(db.database, [{ externalId: 'shoes', title: 'Shoes', rule: null }]);
    expect(removed?.rule).toBeNull();
    await upsertItems(db.database, [{ externalId: 'mule', title: 'Mule', features: { category: 'Shoes' } }]);
    expect(await pool('shoes')).toEqual(before);
    await setScenarioItems(db.database, 'shoes', ['hat']);
    expect(await pool('shoes')).toEqual(['hat']);
    await upsertScenarios(db.database, [{ externalId: 'shoes', title: 'Shoes', rule: shoes }]);
    expect(await pool('shoes')).toEqual([...before, 'mule']);
  });

  test('is refused if it refers to a feature that is not declared, or has no conditions', async () => {
    const rules = [[{ feature: 'region', in: ['x'] }], [], [{ feature: 'price', in: ['x'] }]];
    const scenarios = rules.map((features, n) => ({ externalId: `r${n}`, title: 'R', rule: { features } }));
    await expect(upsertScenarios(db.database, scenarios)).rejects.toMatchObject({
      errors: [
        {
          field: ['scenarios', 0, 'rule', 'features', 0, 'feature'],
          message: expect.stringContaining('expected a declared item feature (category, '),
        },
        { field: ['scenarios', 1, 'rule', 'features'] },
        { field: ['scenarios', 2, 'rule', 'features', 0] },
      ],
    });
    expect(await db.database.scenario.count({ where: { externalId: { startsWith: 'r' } } })).toBe(0);
  });

  test('keeps its features declared, and an error names the scenario', async () => {
    const undeclare = (name: string, entity: 'ITEM' | 'USER' = 'ITEM') =>
      undeclareFeatureFields(db.database, [{ entity, name }]);
    await expect(undeclare('category')).rejects.toThrow('which the rule of the scenario "shoes" uses');
    expect(await db.database.featureField.count({ where: { name: 'category' } })).toBe(1);
    await undeclare('region', 'USER');
    await undeclare(strange);
  });

  test('misses no item that is stored while it begins', async () => {
    const items = Array.from({ length: 20 }, (_, n) => ({
      ...{ externalId: `at once ${n}`, title: 'T', features: { category: 'Ties' } },
    }));
    const stored = items.map((item) => upsertItems(db.database, [item]));
    await setRule('ties', [{ feature: 'category', in: ['Ties'] }]);
    await Promise.all(stored);
    expect((await pool('ties')).toSorted()).toEqual(items.map(({ externalId }) => externalId).toSorted());
  });

  test('of a dataset is loaded with its items, and a row with items of such a scenario is rejected', async () => {
    const rejected: string[] = [];
    const load = (
      scenarios: readonly ScenarioRecord[],
      items: { id: string; title: string; features: object }[] = [],
    ) => {
      const dataset = { ...smallDataset({ scenarios, items: items as never }), fields: [] };
      return loadDataset(db.pool, dataset, {
        ratingScale: { minimum: 1, maximum: 5 },
        onReject: ({ reason }) => void rejected.push(reason),
      });
    };
    const rule = { features: [{ feature: 'category', in: ['Coats'] }] };
    const { scenarios } = await load(
      [
        { id: 'coats', title: 'Coats', items: [], rule },
        { id: 'wrong', title: 'Wrong', items: [], rule: { features: [{ feature: 'none', in: ['x'] }] } },
      ],
      [],
    );
    expect(scenarios).toEqual({ read: 1, added: 1, changed: 0 });
    await upsertItems(db.database, [{ externalId: 'parka', title: 'Parka', features: { category: 'Coats' } }]);
    expect((await load([{ id: 'coats', title: 'Coats', items: ['hat'] }])).scenarios.changed).toBe(0);
    expect((await load([{ id: 'coats', title: 'Coats', items: [], rule }])).scenarios.changed).toBe(0);
    expect(await pool('coats')).toEqual(['parka']);
    expect(rejected).toEqual([
      expect.stringContaining('rule.features.0.feature: expected a declared item feature'),
      'expected either items or a rule, got items of a scenario whose pool follows a rule',
    ]);
  });

  test('does not wait for a load, and of two loads with rules neither waits for the other', async () => {
    const rule = { features: [{ feature: 'category', in: ['Scarves'] }] };
    const features = { category: 'Scarves' };
    const [reading, readOn] = [promise(), promise()];
    let loads = 0;
    const load = (name: string) => {
      const items = [{ id: name, title: 'T', features }];
      const dataset = smallDataset({
        items,
        scenarios: [{ id: `of ${name}`, title: 'S', items: [], rule }],
        fields,
      });
      return loadDataset(db.pool, { ...dataset, scenarios }, { ratingScale: { minimum: 1, maximum: 5 } });
      /** Waits until all have stored their items. */
      async function* scenarios(...given: Parameters<Dataset['scenarios']>) {
        if (++loads === 2) reading.give();
        await readOn.given;
        yield* dataset.scenarios(...given);
      }
    };
    const loaded = [load('wool'), load('silk')];
    await reading.given;
    const changes = setRule('scarves', rule.features).then(() =>
      upsertItems(db.database, [{ externalId: 'linen', title: 'T', features }]),
    );
    const first = await Promise.race([changes, setTimeout(5000, 'still waiting', { ref: false })]);
    readOn.give();
    expect((await Promise.allSettled(loaded)).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
    await changes;
    expect(first).toMatchObject([{ externalId: 'linen' }]);
    for (const scenario of ['scarves', 'of wool', 'of silk'])
      expect((await pool(scenario)).toSorted()).toEqual(['linen', 'silk', 'wool']);
  });

  test('lets an item of a load leave the pool, and join it, also if a load creates what interactions name', async () => {
    const rule = { features: [{ feature: 'category', notIn: ['Gloves'] }] };
    const load = (category: string) =>
      loadDataset(
        db.pool,
        smallDataset({
          items: [{ id: 'mitten', title: 'T', features: { category } }],
          scenarios: [{ id: 'bare hands', title: 'S', items: [], rule }],
          interactions: [{ userId: 'new', itemId: `beside ${category}`, type: 'VIEW', value: null, time: null }],
          fields,
        }),
        { ratingScale: { minimum: 1, maximum: 5 }, createMissing: true },
      );
    await load('Gloves');
    expect(await pool('bare hands')).not.toContain('mitten');
    await load('Hats');
    expect(await pool('bare hands')).toEqual(expect.arrayContaining(['mitten', 'parka']));
    await load('Gloves');
    expect(await pool('bare hands')).not.toContain('mitten');
    expect(await pool('bare hands')).toContain('parka');
  });
});

function promise(): { readonly given: Promise<void>; readonly give: () => void } {
  let give = () => {};
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  return { given, give };
}
