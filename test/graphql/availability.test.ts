import { setTimeout } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { serveUntrainedModel } from '../support/test-model.ts';
import { testServer } from '../support/test-server.ts';

const update = `mutation ($items: [ItemChangeInput!]!) {
  updateItems(input: { items: $items }) { items { available } userErrors { field message } }
}`;
const everything = `{
  recommendations(for: { user: "u1" }) { edges { node { externalId available } } }
  shelves(for: { user: "u1" }, scenarios: ["s1"]) { recommendations { edges { node { externalId available } } } }
  popularItems { edges { node { externalId available } } }
  similarItems(item: "i3") { edges { node { externalId available } } }
  items(filter: {}) { edges { node { externalId available } } }
  datasetStatistics { availableItems }
  i1: item(externalId: "i1") { available }
  i2: item(externalId: "i2") { available }
  whyNotI1: whyNot(for: { user: "u1" }, item: "i1") { filteredBy }
  whyNotI2: whyNot(for: { user: "u1" }, item: "i2") { filteredBy }
}`;

interface Edges {
  readonly edges: readonly { readonly node: { readonly externalId: string; readonly available: boolean } }[];
}

describe('an item with times', () => {
  const db = testDatabase();
  const server = testServer(db);
  const all = ['i1', 'i2', 'i3', 'i4', 'i5'];

  /** What each field says with only these of the items available, by their IDs. */
  async function expectAvailable(ids: readonly string[]): Promise<void> {
    const { data, errors } = await server.ask(everything);
    expect(errors).toBeUndefined();
    const { recommendations, shelves, popularItems, similarItems, items, ...rest } = data as Record<string, unknown>;
    const [shelf] = shelves as { recommendations: Edges }[];
    for (const list of [recommendations, shelf?.recommendations, popularItems, items] as Edges[]) {
      expect(list.edges.map(({ node }) => node.externalId).toSorted()).toEqual(ids);
      expect(list.edges.every(({ node }) => node.available)).toBe(true);
    }
    const similar = (similarItems as Edges).edges.map(({ node }) => node.externalId);
    expect(similar.toSorted()).toEqual(ids.filter((id) => id !== 'i3'));
    const filteredBy = (id: string) => ({ filteredBy: ids.includes(id) ? [] : ['UNAVAILABLE'] });
    expect(rest).toEqual({
      datasetStatistics: { availableItems: ids.length },
      i1: { available: ids.includes('i1') },
      i2: { available: ids.includes('i2') },
      whyNotI1: filteredBy('i1'),
      whyNotI2: filteredBy('i2'),
    });
  }

  beforeAll(async () => {
    const scenarios = [{ id: 's1', title: 'First', items: all }];
    await loadDataset(db.pool, smallDataset({ ...smallCatalog(2, 5), scenarios }), {
      ratingScale: { minimum: 1, maximum: 5 },
    });
    await serveUntrainedModel(db.database, 3);
    await server.ask(everything);
  });

  test('appears and expires on time everywhere, without another change', async () => {
    const moment = Date.now() + 1200;
    const time = new Date(moment).toISOString();
    const items = [
      { externalId: 'i1', availableUntil: time },
      { externalId: 'i2', availableFrom: time },
    ];
    const { data } = await server.ask(update, { items });
    expect(data?.updateItems).toEqual({ items: [{ available: true }, { available: false }], userErrors: [] });
    await expectAvailable(['i1', 'i3', 'i4', 'i5']);
    await setTimeout(moment + 5 - Date.now());
    await expectAvailable(['i2', 'i3', 'i4', 'i5']);
  });

  test('is available at all times again once null has removed its times', async () => {
    const items = ['i1', 'i2'].map((externalId) => ({ externalId, availableFrom: null, availableUntil: null }));
    await server.ask(update, { items });
    await expectAvailable(all);
  });

  test('keeps its times when it is switched off and on, and is only then available between them', async () => {
    const mutation = `mutation ($available: Boolean!) {
      setItemAvailability(input: { items: ["i1"], available: $available }) {
        items { available availableFrom availableUntil }
      }
    }`;
    const times = { availableFrom: '2020-01-01T00:00:00.000Z', availableUntil: '9999-12-31T00:00:00.000Z' };
    await server.ask(update, { items: [{ externalId: 'i1', ...times }] });
    const { data: off } = await server.ask(mutation, { available: false });
    expect(off?.setItemAvailability).toEqual({ items: [{ available: false, ...times }] });
    await expectAvailable(all.slice(1));
    const { data: on } = await server.ask(mutation, { available: true });
    expect(on?.setItemAvailability).toEqual({ items: [{ available: true, ...times }] });
    await expectAvailable(all);
  });

  test('takes its times in all forms that the time of an interaction has', async () => {
    const timesOf = async (availableFrom: unknown, availableUntil: unknown) => {
      const mutation = `mutation ($items: [ItemChangeInput!]!) {
        updateItems(input: { items: $items }) { items { availableFrom availableUntil } }
      }`;
      const { data, errors } = await server.ask(mutation, {
        items: [{ externalId: 'i3', availableFrom, availableUntil }],
      });
      return (data?.updateItems as { items: object[] } | undefined)?.items[0] ?? errors?.[0]?.message;
    };
    expect(await timesOf('2026-11-22', '2026-11-23T09:30+01:00')).toEqual({
      availableFrom: '2026-11-22T00:00:00.000Z',
      availableUntil: '2026-11-23T08:30:00.000Z',
    });
    expect(await timesOf(1_767_225_600, '9999-12-31 23:59')).toEqual({
      availableFrom: '2026-01-01T00:00:00.000Z',
      availableUntil: '9999-12-31T23:59:00.000Z',
    });
    expect(await timesOf('22.11.2026', null)).toMatch(
      /at "items\[0\]\.availableFrom".*expected a date such as 2026-11-28, .* since 1970, got "22\.11\.2026"/,
    );
    const literal =
      'mutation { updateItems(input: { items: [{ externalId: "i3", availableFrom: TIME, availableUntil: null }] }) { items { availableFrom } } }';
    const { data } = await server.ask(literal.replace('TIME', '1767225600'), {});
    expect(data).toEqual({ updateItems: { items: [{ availableFrom: '2026-01-01T00:00:00.000Z' }] } });
    const { errors } = await server.ask(literal.replace('TIME', '"soon"'), {});
    expect(errors?.[0]?.message).toMatch(/expected a date such as 2026-11-28, .* got "soon"/);
    await server.ask(literal.replace('TIME', 'null'), {});
  });

  test('is refused if it would expire before it appears, also by a time that is stored', async () => {
    const items = [
      { externalId: 'i1', availableUntil: '2020-01-01T00:00:00Z' },
      { externalId: 'i2', availableFrom: '2021-01-01T00:00:00Z', availableUntil: '2020-01-01T00:00:00Z' },
    ];
    const errorsOf = async (changes: object) => {
      const { data } = await server.ask(update, { items: changes });
      return (data?.updateItems as { userErrors: object[] } | undefined)?.userErrors;
    };
    expect(await errorsOf(items)).toEqual([
      {
        field: ['input', 'items', '1', 'availableUntil'],
        message: expect.stringContaining(
          'expected a time after availableFrom (2021-01-01T00:00:00.000Z), got 2020-01-01T00:00:00.000Z',
        ),
      },
    ]);
    expect(await errorsOf(items.slice(0, 1))).toEqual([
      {
        field: ['input', 'items', '0', 'availableUntil'],
        message: expect.stringContaining('expected a time after availableFrom (2020-01-01T00:00:00.000Z)'),
      },
    ]);
    expect(await errorsOf([{ externalId: 'i1', availableFrom: '9999-12-31T00:00:00Z' }])).toEqual([
      {
        field: ['input', 'items', '0', 'availableFrom'],
        message: expect.stringContaining(
          'expected a time before the stored availableUntil (9999-12-31T00:00:00.000Z), got 9999-12-31T00:00:00.000Z',
        ),
      },
    ]);
  });
});
