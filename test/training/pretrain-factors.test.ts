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
const options = { factors: width, regularization: 1, alpha: 5, seed: 1 };
const noneHeldOut: HoldOut = () => false;

const planted = plantedData({ taskKind: 'USER', tasks: 40, seed: 1 });
const known = interactionsOf(planted);
/** A pair that some tests hold out. */
const [someUser, someItem] = [5, 10];
const isSomePair: HoldOut = (user, item) => user === someUser && item === someItem;

const pretrain = (data: TrainingData, isHeldOut = noneHeldOut) => pretrainFactors(data, { options, isHeldOut });

function rowOf({ width: count, data }: Embeddings, row: number): number[] {
  return [...data.subarray(row * count, (row + 1) * count)];
}

/** The factors of a user or an item in the serving tables, by its index in the vocabulary, from 1. */
function servedRow(parameters: HostTensors, entity: 'user' | 'item', row: number): number[] {
  return [...(parameters[`${entity}.factors`]?.data ?? [])].slice(row * width, (row + 1) * width);
}

/** The embeddings of all users or all items of the data in serving. */
async function served(data: TrainingData, parameters: HostTensors, entity: 'user' | 'item'): Promise<Embeddings> {
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

describe('factors for training', () => {
  test('do not depend on held-out pairs, while factors for serving do', async () => {
    const others = [...known.users.keys()]
      .map((pair) => [known.users[pair] as number, known.items[pair] as number] as const)
      .filter(([user, item]) => !isSomePair(user, item));
    const without = { ...planted, interactions: pairsOf(others) };
    const happened = { ...planted, interactions: pairsOf([...others, [someUser, someItem]]) };
    const [first, second] = [await pretrain(without, isSomePair), await pretrain(happened, isSomePair)];
    expect(second.entities).toEqual(first.entities);
    expect(second.parameters).not.toEqual(first.parameters);
    // The pair changes the factors if it is not held out.
    const leaking = await pretrain(happened);
    expect(leaking.entities).not.toEqual(first.entities);
  });

  test('of a user whose pairs are all held out equal those of another user with the same features', async () => {
    // The last user has no pairs. All users have the same country.
    const last = planted.users.rows - 1;
    const pairs = [...known.users.keys()]
      .map((pair) => [known.users[pair] as number, known.items[pair] as number] as const)
      .filter(([user]) => user !== last);
    const data = { ...planted, interactions: pairsOf(pairs) };
    const { entities, parameters } = await pretrain(data, (user) => user === someUser);
    expect(rowOf(entities.users, someUser)).toEqual(rowOf(entities.users, last));
    // A feature that all users share gives the mean of the known factors.
    const own = [...Array(last).keys()].filter((user) => user !== someUser).map((user) => rowOf(entities.users, user));
    for (const [at, value] of rowOf(entities.users, someUser).entries()) {
      const mean = own.reduce((sum, row) => sum + (row[at] as number), 0) / own.length;
      expect(value).toBeCloseTo(mean, 3);
    }
    // In serving, the factors include these pairs.
    const users = await served(data, parameters, 'user');
    const items = await served(data, parameters, 'item');
    const mean = (ofGroup: boolean) => {
      const rows = [...Array(items.rows).keys()].filter((item) => (groupOf(item) === groupOf(someUser)) === ofGroup);
      return rows.reduce((sum, item) => sum + dot(rowOf(users, someUser), rowOf(items, item)), 0) / rows.length;
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

  test('factors of an ID for training and for serving are close', async () => {
    for (const [entity, side] of [
      ['user', 'users'],
      ['item', 'items'],
    ] as const) {
      const embedded = await served(planted, pretrained.parameters, entity);
      const trained = pretrained.entities[side];
      for (let row = 0; row < embedded.rows; row++)
        expect(cosine(rowOf(trained, row), rowOf(embedded, row))).toBeGreaterThan(0.99);
    }
  });

  test('the mean square of the factors for training is 1', () => {
    for (const side of ['users', 'items'] as const) {
      const own = pretrained.entities[side].data.subarray(0, planted[side].rows * width);
      expect(own.reduce((sum, value) => sum + value ** 2, 0) / own.length).toBeCloseTo(1, 4);
    }
  });

  test('the factors of an unknown ID are zero', () => {
    for (const entity of ['user', 'item'] as const)
      expect(servedRow(pretrained.parameters, entity, 0)).toEqual(new Array(width).fill(0));
  });

  test('IDs have no weight in the map that places new users and items', () => {
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

describe('new users and items', () => {
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
  // The IDs of the first thirty users and of all items but the last are known. The last user and item have no pairs.
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

  test('have the factors of their features in training, even if they have pairs', () => {
    const { users } = pretrained.entities;
    // User 35 has pairs and user 39 has none. Both have the features of user 31. The IDs of all three are unknown.
    expect(rowOf(users, 35)).toEqual(rowOf(users, 31));
    expect(rowOf(users, 39)).toEqual(rowOf(users, 31));
    expect(rowOf(users, 3)).not.toEqual(rowOf(users, 31));
  });

  test('have the factors that serving gives them when their IDs, or all features, are dropped', async () => {
    // With equal factors for training and for serving, one can be compared with the other.
    const { entities, parameters } = pretrained;
    for (const [entity, side, rows] of [
      ['user', 'users', people],
      ['item', 'items', things],
    ] as const) {
      const unknown = [...rows.map(({ id: _, ...features }) => features), {}];
      const features = encodeFeatures(schema, entity, unknown);
      const embedded = await served({ ...data, [side]: features }, parameters, entity);
      expect(entities[side].rows).toBe(rows.length + unknown.length);
      for (const at of unknown.keys())
        expect(cosine(rowOf(entities[side], rows.length + at), rowOf(embedded, at))).toBeGreaterThan(0.98);
    }
  });

  test('with a known ID but without pairs have the factors of their features under their ID', async () => {
    const users = await served(data, pretrained.parameters, 'user');
    for (const [at, value] of rowOf(users, 7).entries()) expect(value).toBeCloseTo(rowOf(users, 31)[at] as number, 5);
    expect(servedRow(pretrained.parameters, 'user', 0)).toEqual(new Array(width).fill(0));
  });

  test('are placed close to those of their group, in training and in serving', async () => {
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

test('gives the same factors for the same seed, others for another, and does not change the data', async () => {
  const before = structuredClone({ users: planted.users, items: planted.items, known });
  const [first, second] = [await pretrain(planted), await pretrain(planted)];
  expect(second).toEqual(first);
  const other = await pretrainFactors(planted, { options: { ...options, seed: 2 }, isHeldOut: noneHeldOut });
  expect(other.entities).not.toEqual(first.entities);
  expect({ users: planted.users, items: planted.items, known: interactionsOf(planted) }).toEqual(before);
});

test('progress never falls, from the factors for training to those for serving, and ends at 1', async () => {
  const seen: number[] = [];
  await pretrainFactors(planted, {
    options,
    isHeldOut: noneHeldOut,
    onProgress: (fraction) => seen.push(fraction),
  });
  expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  expect(seen).toContain(0.8);
  expect(seen.at(-1)).toBe(1);
});

test('throws the reason of a signal that has aborted', async () => {
  const signal = AbortSignal.abort(new Error('no longer wanted'));
  await expect(pretrainFactors(planted, { options, isHeldOut: noneHeldOut, signal })).rejects.toThrow(
    'no longer wanted',
  );
});
