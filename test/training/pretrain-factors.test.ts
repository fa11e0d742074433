import { beforeAll, describe, expect, test } from '@jest/globals';
import type { HostTensors } from '../../src/engine/engine.ts';
import { openEngine } from '../../src/engine/engines.ts';
import { encodeFeatures } from '../../src/features/encode-features.ts';
import type { FeatureField, Features } from '../../src/features/feature-schema.ts';
import { fitFeatureSchema } from '../../src/features/fit-feature-schema.ts';
import { parseCmmlConfig } from '../../src/models/cmml/cmml-config.ts';
import { embedFunction, embedInChunks } from '../../src/models/embedding/embed-function.ts';
import type { Embeddings } from '../../src/models/recommender.ts';
import type { HoldOut } from '../../src/tasks/held-out.ts';
import { interactionsOf, type TrainingData } from '../../src/tasks/training-data.ts';
import { type PretrainedFactors, pretrainFactors } from '../../src/training/pretrain-factors.ts';
import { groupOf, pairsOf, plantedData } from './planted-data.ts';

const width = 8;
const options = { factors: width, regularisation: 1, alpha: 5, seed: 1 };
const nobody: HoldOut = () => false;

const planted = plantedData({ taskKind: 'USER', tasks: 40, seed: 1 });
const known = interactionsOf(planted);
/** The pair that some tests hold out. */
const [someUser, someItem] = [5, 10];
const isSomePair: HoldOut = (user, item) => user === someUser && item === someItem;

const pretrain = (data: TrainingData, isHeldOut = nobody) => pretrainFactors(data, { options, isHeldOut });

function rowOf({ width: count, data }: Embeddings, row: number): number[] {
  return [...data.subarray(row * count, (row + 1) * count)];
}

/** The factors that the serving tables hold for a user or an item by its place in the vocabulary, from 1. */
function servedRow(parameters: HostTensors, entity: 'user' | 'item', row: number): number[] {
  return [...(parameters[`${entity}.factors`]?.data ?? [])].slice(row * width, (row + 1) * width);
}

/** As a model that serves embeds all users, or items, of the data. */
async function served(
  data: TrainingData,
  parameters: HostTensors,
  entity: 'user' | 'item',
): Promise<Embeddings> {
  const config = parseCmmlConfig({ embedding: 'factors', factorWidth: width });
  const engine = await openEngine('wasm');
  const compiled = await engine.compile({ ...embedFunction(config, data.schema, entity), parameters });
  const features = entity === 'user' ? data.users : data.items;
  const embedded = await embedInChunks(compiled, features, { width, rowsPerRun: 256 });
  compiled.dispose();
  return embedded;
}

function dot(left: readonly number[], right: readonly number[]): number {
  return left.reduce((sum, value, at) => sum + value * (right[at] as number), 0);
}

function cosine(left: readonly number[], right: readonly number[]): number {
  return dot(left, right) / Math.sqrt(dot(left, left) * dot(right, right));
}

describe('factors that training reads', () => {
  test('do not change with whether a held-out pair happened, though those that serve do', async () => {
    const others = [...known.users.keys()]
      .map((pair) => [known.users[pair] as number, known.items[pair] as number] as const)
      .filter(([user, item]) => !isSomePair(user, item));
    const without = { ...planted, interactions: pairsOf(others) };
    const happened = { ...planted, interactions: pairsOf([...others, [someUser, someItem]]) };
    const [first, second] = [await pretrain(without, isSomePair), await pretrain(happened, isSomePair)];
    expect(second.entities).toEqual(first.entities);
    expect(second.parameters).not.toEqual(first.parameters);
    // It would change them were it not held out.
    const leaking = await pretrain(happened);
    expect(leaking.entities).not.toEqual(first.entities);
  });

  test('of a user all of whose pairs are held out are those of anybody with the same features', async () => {
    // The last user has no pairs at all, and everybody is of the same country.
    const last = planted.users.rows - 1;
    const pairs = [...known.users.keys()]
      .map((pair) => [known.users[pair] as number, known.items[pair] as number] as const)
      .filter(([user]) => user !== last);
    const data = { ...planted, interactions: pairsOf(pairs) };
    const { entities, parameters } = await pretrain(data, (user) => user === someUser);
    expect(rowOf(entities.users, someUser)).toEqual(rowOf(entities.users, last));
    // Features that all have alike say nothing: they give the mean of those who have factors of their own.
    const own = [...Array(last).keys()]
      .filter((user) => user !== someUser)
      .map((user) => rowOf(entities.users, user));
    for (const [at, value] of rowOf(entities.users, someUser).entries()) {
      const mean = own.reduce((sum, row) => sum + (row[at] as number), 0) / own.length;
      expect(value).toBeCloseTo(mean, 3);
    }
    // When it serves, the model knows of these pairs.
    const users = await served(data, parameters, 'user');
    const items = await served(data, parameters, 'item');
    const mean = (ofGroup: boolean) => {
      const rows = [...Array(items.rows).keys()].filter(
        (item) => (groupOf(item) === groupOf(someUser)) === ofGroup,
      );
      return (
        rows.reduce((sum, item) => sum + dot(rowOf(users, someUser), rowOf(items, item)), 0) / rows.length
      );
    };
    expect(mean(true)).toBeGreaterThan(3 * Math.abs(mean(false)));
    expect(rowOf(users, someUser)).not.toEqual(rowOf(users, last));
  });
});

describe('with nothing held out', () => {
  let pretrained: PretrainedFactors;
  beforeAll(async () => {
    pretrained = await pretrain(planted);
  });

  test('the factors of training and of serving mean the same: those of an id are near', async () => {
    for (const [entity, side] of [
      ['user', 'users'],
      ['item', 'items'],
    ] as const) {
      const embedded = await served(planted, pretrained.parameters, entity);
      const trained = pretrained.entities[side];
      expect(trained.rows).toBe(embedded.rows);
      for (let row = 0; row < trained.rows; row++)
        expect(cosine(rowOf(trained, row), rowOf(embedded, row))).toBeGreaterThan(0.99);
    }
  });

  test('the factors of training are of an ordinary size: their mean square is 1', () => {
    for (const { data } of [pretrained.entities.users, pretrained.entities.items])
      expect(data.reduce((sum, value) => sum + value ** 2, 0) / data.length).toBeCloseTo(1, 4);
  });

  test('no factors stand for ids that are unknown', () => {
    for (const entity of ['user', 'item'] as const)
      expect(servedRow(pretrained.parameters, entity, 0)).toEqual(new Array(width).fill(0));
  });

  test('ids have no part in the map that places newcomers', () => {
    for (const [entity, ids, rows] of [
      ['user', 41, 43],
      ['item', 41, 46],
    ] as const) {
      const table = pretrained.parameters[`${entity}.factors.byFeature`];
      expect(table?.shape).toEqual([rows, width]);
      expect([...(table?.data ?? [])].slice((rows - ids) * width)).toEqual(new Array(ids * width).fill(0));
    }
  });
});

describe('newcomers', () => {
  const fields: FeatureField[] = [
    { entity: 'user', name: 'taste', kind: 'categorical' },
    { entity: 'user', name: 'id', kind: 'categorical' },
    { entity: 'item', name: 'genre', kind: 'categorical' },
    { entity: 'item', name: 'id', kind: 'categorical' },
  ];
  const people: Features[] = Array.from({ length: 40 }, (_, user) => ({
    taste: `${groupOf(user)}`,
    id: `u${user}`,
  }));
  const things: Features[] = Array.from({ length: 40 }, (_, item) => ({
    genre: `${groupOf(item)}`,
    id: `i${item}`,
  }));
  // Of the users the first thirty are known by id, of the items all but the last; it and the last user have no pairs.
  const schema = fitFeatureSchema(fields, people.slice(0, 30), things.slice(0, 39));
  const pairs = [...known.users.keys()]
    .map((pair) => [known.users[pair] as number, known.items[pair] as number] as const)
    .filter(([user, item]) => user !== 39 && user !== 7 && item !== 39);
  const data: TrainingData = {
    ...planted,
    schema,
    users: encodeFeatures(schema, 'user', people),
    items: encodeFeatures(schema, 'item', things),
    interactions: pairsOf(pairs),
  };
  let pretrained: PretrainedFactors;
  beforeAll(async () => {
    pretrained = await pretrain(data);
  });

  test('have in training the factors of their features, though they have pairs', () => {
    const { users } = pretrained.entities;
    // 35 has pairs and 39 has none; both have the features of 31, and nobody's id is known.
    expect(rowOf(users, 35)).toEqual(rowOf(users, 31));
    expect(rowOf(users, 39)).toEqual(rowOf(users, 31));
    expect(rowOf(users, 3)).not.toEqual(rowOf(users, 31));
  });

  test('whose id is known, but who have no pairs, have factors of their features under their id', async () => {
    const users = await served(data, pretrained.parameters, 'user');
    for (const [at, value] of rowOf(users, 7).entries())
      expect(value).toBeCloseTo(rowOf(users, 31)[at] as number, 5);
    expect(servedRow(pretrained.parameters, 'user', 0)).toEqual(new Array(width).fill(0));
  });

  test('are placed among those who are like them, in training and in serving', async () => {
    const scored = (users: Embeddings, items: Embeddings) =>
      [0, 1, 2, 3].map((group) => dot(rowOf(users, 39), rowOf(items, 4 + group)));
    const users = await served(data, pretrained.parameters, 'user');
    const items = await served(data, pretrained.parameters, 'item');
    const { entities } = pretrained;
    for (const scores of [scored(users, items), scored(entities.users, entities.items)])
      expect(scores.indexOf(Math.max(...scores))).toBe(groupOf(39));
    expect(cosine(rowOf(items, 39), rowOf(items, 3))).toBeGreaterThan(0.9);
  });
});

test('the same data and seed give the same factors, another seed others, and neither the data changes', async () => {
  const before = structuredClone({ users: planted.users, items: planted.items, known });
  const [first, second] = [await pretrain(planted), await pretrain(planted)];
  expect(second).toEqual(first);
  const other = await pretrainFactors(planted, { options: { ...options, seed: 2 }, isHeldOut: nobody });
  expect(other.entities).not.toEqual(first.entities);
  expect({ users: planted.users, items: planted.items, known: interactionsOf(planted) }).toEqual(before);
});

test('the progress only grows, from the first factors to those that serve, and ends at 1', async () => {
  const seen: number[] = [];
  await pretrainFactors(planted, {
    options,
    isHeldOut: nobody,
    onProgress: (fraction) => seen.push(fraction),
  });
  expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  expect(seen).toContain(0.8);
  expect(seen.at(-1)).toBe(1);
});

test('an aborted signal ends it with its reason', async () => {
  const signal = AbortSignal.abort(new Error('no longer wanted'));
  await expect(pretrainFactors(planted, { options, isHeldOut: nobody, signal })).rejects.toThrow(
    'no longer wanted',
  );
});
