import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Engine, HostTensor, HostTensors } from '../../src/engine/engine.ts';
import { openEngine } from '../../src/engine/engines.ts';
import { encodeEntities } from '../../src/features/encode-features.ts';
import type { Features } from '../../src/features/feature-schema.ts';
import { fitFeatureSchema } from '../../src/features/fit-feature-schema.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { declareItemCounts } from '../../src/models/item-popularity.ts';
import { initialize } from '../../src/models/parameter-declarations.ts';
import type { Embeddings } from '../../src/models/recommender.ts';
import { loadModelVersion, promoteModelVersion, saveModelVersion } from '../../src/registry/model-registry.ts';
import { directionsOf } from '../../src/serving/directions.ts';
import { ItemVectors } from '../../src/serving/item-vectors.ts';
import type { ServedModel, ServedModels } from '../../src/serving/served-models.ts';
import { ServingSession } from '../../src/serving/serving-session.ts';
import { findSimilarItems, type SimilarItemsRequest } from '../../src/serving/similar-items.ts';
import { VectorIndex } from '../../src/serving/vector-index.ts';
import { externalIds } from '../support/external-ids.ts';
import { type Lists, openLists } from '../support/open-lists.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { serveUntrainedModel, untrainedModel } from '../support/test-model.ts';

const ratingScale = { minimum: 1, maximum: 5 };

describe('similar items', () => {
  const db = testDatabase();
  let engine: Engine;
  let service: Lists;

  const similar = async (item: string, rest: Partial<SimilarItemsRequest> = {}) =>
    findSimilarItems(await service.session(), { item, first: 100, ...rest });
  const named = async (...request: Parameters<typeof similar>) =>
    externalIds(db.database, (await similar(...request)).items);

  /** Models that are changed before they are used. */
  const changed = (models: ServedModels, change: (model: ServedModel) => ServedModel) =>
    ({
      taskKindOf: (versionId: number) => models.taskKindOf(versionId),
      prepareDirections: () => models.prepareDirections(),
      use: <T>(versionId: number, work: (model: ServedModel) => Promise<T>) =>
        models.use(versionId, (model) => work(change(model))),
    }) as ServedModels;

  beforeAll(async () => {
    await loadDataset(db.pool, smallDataset(smallCatalog(3, 25)), { ratingScale });
    engine = await openEngine('wasm');
    service = await openLists(db, engine);
  });
  afterAll(() => service.close());

  /** The definition of the cosine: the inner product of the two embeddings, divided by both lengths. */
  async function expected(item: string, version: number): Promise<[item: string, similarity: number][]> {
    const recommender = await loadModelVersion(db.database, version, engine);
    const rows = await db.database.item.findMany({ where: { available: true }, orderBy: { id: 'asc' } });
    const { width, data } = await recommender.embedItems(
      encodeEntities(
        recommender.schema,
        'item',
        rows.map(({ externalId, features }) => ({ id: externalId, features: features as Features })),
      ),
    );
    recommender.dispose();
    const vectors = rows.map((_, row) => [...data.subarray(row * width, (row + 1) * width)]);
    const inner = (a: number[], b: number[]) => a.reduce((sum, value, k) => sum + value * (b[k] as number), 0);
    const own = vectors[rows.findIndex(({ externalId }) => externalId === item)] as number[];
    return rows
      .map(({ externalId }, row): [string, number] => {
        const other = vectors[row] as number[];
        return [externalId, inner(own, other) / Math.sqrt(inner(own, own) * inner(other, other))];
      })
      .filter(([externalId]) => externalId !== item)
      .sort(([, a], [, b]) => b - a);
  }

  test('are empty without a model', async () => {
    expect(await similar('i1')).toEqual({ items: [], hasNextPage: false });
  });

  test('use the scenario model if it is the only one', async () => {
    const version = await serveUntrainedModel(db.database, 1, { taskKind: 'SCENARIO' });
    const { items } = await similar('i1');
    expect(items).toHaveLength(24);
    expect(items[0]?.modelVersionId).toBe(version);
  });

  test('are compared by the vectors that the model says mean co-interest', async () => {
    await serveUntrainedModel(db.database, 4, { ids: ['item'] });
    // A part of the embedding, two numbers wide.
    const itemVectors = ({ rows, width, data }: Embeddings): Embeddings => ({
      rows,
      width: 2,
      data: Float32Array.from({ length: 2 * rows }, (_, at) => data[(at >> 1) * width + (at % 2)] as number),
    });
    const { platform } = await service.session();
    const { catalog } = platform;
    const models = changed(platform.models, (model) => {
      const recommender = Object.assign(Object.create(model.recommender), { itemVectors });
      const index = new VectorIndex(catalog.items, (items) => directionsOf(recommender, items));
      return { ...model, recommender, directions: new ItemVectors(catalog.items, model.embeddings, index) };
    });
    const { items } = await findSimilarItems(new ServingSession({ ...platform, models }), { item: 'i1', first: 100 });
    const rows = await db.database.item.findMany({ orderBy: { id: 'asc' }, select: { id: true } });
    const vectors = await platform.models.use(items[0]?.modelVersionId as number, async ({ embeddings }) =>
      itemVectors(await embeddings.embed(rows.map(({ id }) => service.catalog.items.rowOf(id) as number))),
    );
    const angleOf = (row: number) => Math.atan2(vectors.data[2 * row + 1] as number, vectors.data[2 * row] as number);
    for (const { itemId, similarity } of items) {
      const row = rows.findIndex(({ id }) => id === itemId);
      expect(similarity).toBeCloseTo(Math.cos(angleOf(row) - angleOf(0)), 5);
    }
    expect(items).toHaveLength(24);
  });

  test('are all other items by the cosine of their embeddings in the user model, nearest first', async () => {
    const version = await serveUntrainedModel(db.database, 2, { ids: ['item'] });
    for (const item of ['i1', 'i8', 'i25']) {
      const truth = await expected(item, version);
      const { items } = await similar(item);
      expect(await externalIds(db.database, items)).toEqual(truth.map(([id]) => id));
      for (const [place, { similarity, modelVersionId }] of items.entries()) {
        expect(similarity).toBeCloseTo(truth[place]?.[1] as number, 6);
        expect(modelVersionId).toBe(version);
      }
    }
  });

  test('with equal similarity are ordered oldest first', async () => {
    await serveUntrainedModel(db.database, 3);
    const features = { genres: ['odd'], length: 7 };
    for (const externalId of ['twin 1', 'twin 2', 'twin 3'])
      await db.database.item.create({ data: { externalId, title: 'Twin', features } });
    const { items } = await similar('i7');
    expect((await externalIds(db.database, items)).slice(0, 3)).toEqual(['twin 1', 'twin 2', 'twin 3']);
    for (const { similarity } of items.slice(0, 3)) expect(similarity).toBeCloseTo(1, 6);
    for (const { similarity } of items) expect(Math.abs(similarity)).toBeLessThanOrEqual(1);
    await db.database.item.deleteMany({ where: { externalId: { startsWith: 'twin' } } });
  });

  test('are found among all items, not only among a list’s candidates', async () => {
    const narrow = await openLists(db, engine, { candidates: 5, comparedItems: 10 });
    // More items than vectors are computed at once.
    await db.pool.query(`
      INSERT INTO items (external_id, title, features)
      SELECT 'more ' || n, 'More', jsonb_build_object('length', 1000 * sin(n), 'genres', jsonb_build_array('odd'))
      FROM generate_series(1, 6000) AS n`);
    const version = await serveUntrainedModel(db.database, 10);
    const all = await expected('i4', version);
    const ask = async (after?: string) =>
      findSimilarItems(await narrow.session(), { item: 'i4', first: 100, after: after ?? null });
    const first = await ask();
    // Another process, with an empty cache, continues the list.
    await narrow.close();
    const other = await openLists(db, engine);
    const second = await findSimilarItems(await other.session(), {
      item: 'i4',
      first: 100,
      after: first.items.at(-1)?.cursor,
    });
    await other.close();
    await db.database.item.deleteMany({ where: { externalId: { startsWith: 'more' } } });
    const found = [...first.items, ...second.items];
    expect(new Set(found.map(({ itemId }) => itemId)).size).toBe(200);
    for (const [place, { similarity }] of found.entries()) expect(similarity).toBeCloseTo(all[place]?.[1] as number, 6);
    expect([first.hasNextPage, second.hasNextPage]).toEqual([true, true]);
  });

  describe('by a model that computes similarities itself, with more items than are compared', () => {
    let bounded: Lists;
    const list = async (rest: Partial<SimilarItemsRequest> = {}) => {
      const { platform } = await bounded.session();
      const models = changed(platform.models, ({ directions: _, recommender, ...model }) => ({
        ...model,
        recommender: Object.assign(Object.create(recommender), { similarities: shiftedCosines }),
      }));
      return findSimilarItems(new ServingSession({ ...platform, models }), { item: 'i1', first: 100, ...rest });
    };
    /** All positive, since items without any relation are left out. */
    const shiftedCosines = async ({ data: own, width }: Embeddings, { rows, data }: Embeddings) =>
      Float32Array.from({ length: rows }, (_, row) => {
        const other = data.subarray(row * width, (row + 1) * width);
        return (
          1.5 +
          own.reduce((sum, x, k) => sum + x * (other[k] as number), 0) / (Math.hypot(...own) * Math.hypot(...other))
        );
      });
    const click = (items: readonly number[], times: number) =>
      db.pool.query(
        `INSERT INTO interactions (user_id, item_id, type)
        SELECT 1, items.id, 'CLICK' FROM items, generate_series(1, $2) WHERE external_id = ANY($1)`,
        [items.map((n) => `i${n}`), times],
      );

    beforeAll(async () => {
      bounded = await openLists(db, engine, { comparedItems: 10 });
      await serveUntrainedModel(db.database, 11);
      await click([3, 6, 9, 12, 15, 18], 2);
    });
    afterAll(() => bounded.close());

    test('are from the most popular items and, for a tenth, the newest', async () => {
      // The other items have no interactions, so the older ones come first.
      const popular = ['i3', 'i6', 'i9', 'i12', 'i15', 'i18', 'i2', 'i4', 'i5'];
      const found = await externalIds(db.database, (await list()).items);
      expect(found.toSorted()).toEqual([...popular, 'i25'].sort());
      const nearest = (await named('i1')).filter((item) => found.includes(item));
      expect(found).toEqual(nearest);
    });

    test('are from the items that pass the filter', async () => {
      const filter = { features: [{ feature: 'length', atLeast: 14, atMost: 23 }] };
      expect((await list({ filter })).items).toHaveLength(10);
      const wider = { features: [{ feature: 'length', atLeast: 14, atMost: 24 }] };
      const found = await externalIds(db.database, (await list({ filter: wider })).items);
      const expected = [15, 18, 14, 16, 17, 19, 20, 21, 22, 24].map((n) => `i${n}`);
      expect(found.toSorted()).toEqual(expected.sort());
    });

    test('are neither repeated nor skipped on later pages while other items become popular', async () => {
      const whole = (await list()).items.map(({ itemId }) => itemId);
      const { items } = await list({ first: 4 });
      await click([10, 11, 13, 14], 5);
      const rest = (await list({ after: items.at(-1)?.cursor })).items.map(({ itemId }) => itemId);
      const paged = [...items.map(({ itemId }) => itemId), ...rest];
      expect(new Set(paged).size).toBe(paged.length);
      expect(paged.filter((item) => whole.includes(item))).toEqual(whole);
    });
  });

  test('are available by default and pass the filter, which the given item does not have to pass', async () => {
    await db.database.item.updateMany({
      where: { externalId: { in: ['i1', 'i2'] } },
      data: { available: false },
    });
    const even = { features: [{ feature: 'genres', in: ['even'] }] };
    const found = await named('i1', { filter: even });
    const all = await named('i1', { filter: { ...even, includeUnavailable: true } });
    await db.database.item.updateMany({ data: { available: true } });
    expect(found).toHaveLength(11);
    expect(found).not.toContain('i2');
    expect(all).toHaveLength(12);
  });

  test('continue page by page with the first page’s model version, even after a promotion and new items', async () => {
    const version = await serveUntrainedModel(db.database, 4);
    const whole = (await similar('i5')).items;
    const first = await similar('i5', { first: 7 });
    await serveUntrainedModel(db.database, 5);
    const { genres, length } = { genres: ['odd'], length: 5 };
    await db.database.item.create({
      data: { externalId: 'new', title: 'New', features: { genres, length } },
    });
    const second = await similar('i5', { after: first.items.at(-1)?.cursor });
    await db.database.item.delete({ where: { externalId: 'new' } });
    expect([...first.items, ...second.items]).toEqual(whole);
    expect([first.hasNextPage, second.hasNextPage]).toEqual([true, false]);
    expect(whole[0]?.modelVersionId).toBe(version);
  });

  test('refuse a cursor with a model version chosen by the caller', async () => {
    const other = await serveUntrainedModel(db.database, 8);
    const active = await serveUntrainedModel(db.database, 9);
    const cursor = Buffer.from((await similar('i5')).items[2]?.cursor as string, 'base64url').toString('latin1');
    const forged = cursor.replace(`"modelVersionId":${active}`, `"modelVersionId":${other}`);
    expect(forged).not.toBe(cursor);
    const after = Buffer.from(forged, 'latin1').toString('base64url');
    await expect(similar('i5', { after })).rejects.toMatchObject({ code: 'INVALID_CURSOR' });
  });

  test('refuse a cursor of another item or filter, and of a removed version', async () => {
    const version = await serveUntrainedModel(db.database, 6);
    const after = (await similar('i5', { first: 1 })).items[0]?.cursor ?? null;
    await expect(similar('i6', { after })).rejects.toMatchObject({
      code: 'INVALID_CURSOR',
      message: expect.stringContaining('different "item"'),
    });
    await expect(similar('i5', { after, filter: { includeUnavailable: true } })).rejects.toMatchObject({
      code: 'INVALID_CURSOR',
      message: expect.stringContaining('different "filter"'),
    });
    await serveUntrainedModel(db.database, 7);
    await db.database.modelVersion.delete({ where: { id: version } });
    const other = await openLists(db, engine);
    const listed = findSimilarItems(await other.session(), { item: 'i5', first: 100, after });
    await expect(listed.finally(() => other.close())).rejects.toMatchObject({
      code: 'INVALID_CURSOR',
      message: expect.stringContaining('has been removed'),
    });
  });

  test('refuse an unknown item and an invalid ID', async () => {
    await expect(similar('nothing')).rejects.toMatchObject({ code: 'ITEM_NOT_FOUND' });
    await expect(similar('')).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  test('are empty, instead of having NaN, if the embedding of the item is zero', async () => {
    const artifact = await untrainedModel(db.database, 8);
    const [table, { shape, data }] = Object.entries(artifact.parameters).find(([name]) => name.startsWith('item')) as [
      string,
      HostTensor,
    ];
    const { externalId: id, features } = await db.database.item.findUniqueOrThrow({ where: { externalId: 'i1' } });
    const { indices } = encodeEntities(artifact.schema, 'item', [{ id, features: features as Features }]);
    const width = shape[1] as number;
    for (const row of indices) data.fill(0, row * width, (row + 1) * width);
    const parameters = { ...artifact.parameters, [table]: { dtype: 'float32', shape, data } } as HostTensors;
    await promoteModelVersion(
      db.database,
      await saveModelVersion(db.database, 'USER', { ...artifact, parameters }, {}),
    );
    expect(await similar('i1')).toEqual({ items: [], hasNextPage: false });
  });

  test('are empty if the model only counts interactions', async () => {
    const rows = await db.database.item.findMany();
    const schema = fitFeatureSchema(
      (['user', 'item'] as const).map((entity) => ({ entity, name: 'id', kind: 'categorical' })),
      [{ id: 'u1' }],
      rows.map(({ externalId }) => ({ id: externalId })),
    );
    const parameters = initialize(declareItemCounts(schema), 1);
    const artifact = { kind: 'itemPopularity', config: {}, schema, parameters };
    await promoteModelVersion(db.database, await saveModelVersion(db.database, 'USER', artifact, {}));
    expect(await similar('i1')).toEqual({ items: [], hasNextPage: false });
  });
});
