import { describe, expect, test } from '@jest/globals';
import type { HostTensors } from '../../../../src/engine/engine.ts';
import { floatTensor, integerTensor } from '../../../../src/engine/host-tensor.ts';
import { encodeFeatures } from '../../../../src/features/encode-features.ts';
import type { FeatureField } from '../../../../src/features/feature-schema.ts';
import { fitFeatureSchema } from '../../../../src/features/fit-feature-schema.ts';
import {
  declareItemVectors,
  type EmbeddedItems,
  itemInputs,
  itemVectors,
  itemWidth,
  joinItem,
  profileSize,
  splitItem,
} from '../../../../src/models/cmml/lists/item-vectors.ts';
import { parseListConfig } from '../../../../src/models/cmml/lists/list-config.ts';
import { onEagerCpu } from '../../../support/on-eager-cpu.ts';

const config = parseListConfig({ objective: 'softmax', vectorWidth: 2, closedForm: { width: 3 } });
const id = (entity: 'user' | 'item'): FeatureField => ({ entity, name: 'id', kind: 'categorical' });
const genres: FeatureField = { entity: 'item', name: 'genres', kind: 'multiValued' };
const gender: FeatureField = { entity: 'user', name: 'gender', kind: 'categorical' };
const users = [{ id: 'u', gender: 'f' }];
const known = [
  { id: 'a', genres: ['drama', 'crime'] },
  { id: 'b', genres: ['comedy'] },
];
/** Two known items, and an unknown one with the genres of the first. */
const items = [...known, { id: 'new', genres: ['drama', 'crime'] }];

const schemaOf = (fields: FeatureField[]) =>
  fitFeatureSchema(fields, users, known, { minimumCount: { user: 1, item: 1 } });
const withFeatures = schemaOf([gender, id('user'), genres, id('item')]);
const idsAlone = schemaOf([id('user'), id('item')]);

/** Rows by ID: unknown, a, b. Rows by genre: unknown, then in the order of the vocabulary. */
const tables: HostTensors = {
  'item.input': floatTensor([3, 2], Float32Array.of(0.5, 0.25, 1, 2, 3, 4)),
  'item.output': floatTensor([3, 2], Float32Array.of(0, -0.5, 5, 6, 7, 8)),
  'item.bias': floatTensor([3, 1], Float32Array.of(-1, 10, 20)),
};
const vocabulary = withFeatures.fields.find(({ name }) => name === 'genres')!.vocabulary as string[];
const genreVector: Record<string, [number, number, number]> = {
  drama: [100, 200, 1],
  crime: [300, 400, 2],
  comedy: [500, 600, 3],
};
const rows = [[0, 0, 0], ...vocabulary.map((genre) => genreVector[genre]!)];
const featureTables: HostTensors = {
  'item.features': floatTensor([4, 2], Float32Array.from(rows.flatMap(([a, b]) => [a!, b!]))),
  'item.featureBias': floatTensor([4, 1], Float32Array.from(rows.map(([, , bias]) => bias!))),
};

function vectorsOf(schema: typeof withFeatures, parameters: HostTensors): HostTensors {
  const { rows: count, slots, indices, weights } = encodeFeatures(schema, 'item', items);
  return onEagerCpu(
    ({ indices, weights, ...given }) => ({
      ...itemVectors(given, itemInputs(schema, { indices: indices!, weights: weights! })),
    }),
    {
      ...parameters,
      indices: integerTensor([count, slots], indices),
      weights: floatTensor([count, slots], weights),
    },
  );
}

describe('itemVectors', () => {
  test('adds the vectors of ID and features, and an unknown item lives on its features', () => {
    const { input, output, bias } = vectorsOf(withFeatures, { ...tables, ...featureTables });
    // Drama and crime weigh half each: [200, 300] with a bias of 1.5.
    expect([...input!.data]).toEqual([201, 302, 503, 604, 200.5, 300.25]);
    expect([...output!.data]).toEqual([205, 306, 507, 608, 200, 299.5]);
    expect([...bias!.data]).toEqual([11.5, 23, 0.5]);
  });

  test('are the vectors of the IDs if items have no features', () => {
    const { input, output, bias } = vectorsOf(idsAlone, tables);
    expect([...input!.data]).toEqual([1, 2, 3, 4, 0.5, 0.25]);
    expect([...output!.data]).toEqual([5, 6, 7, 8, 0, -0.5]);
    expect([...bias!.data]).toEqual([10, 20, -1]);
  });
});

test('the tables of features are declared only if items have features', () => {
  const shapes = (schema: typeof withFeatures) =>
    Object.fromEntries(Object.entries(declareItemVectors(config, schema)).map(([name, { shape }]) => [name, shape]));
  const byId = { 'item.input': [3, 2], 'item.output': [3, 2], 'item.bias': [3, 1] };
  expect(shapes(idsAlone)).toEqual(byId);
  expect(shapes(withFeatures)).toEqual({ ...byId, 'item.features': [4, 2], 'item.featureBias': [4, 1] });
});

test('the ID must be the last field of an item', () => {
  const schema = schemaOf([id('user'), id('item'), genres]);
  expect(() => vectorsOf(schema, { ...tables, ...featureTables })).toThrow(
    new TypeError('Expected the ID as the last field of an item.'),
  );
});

test('the ID of a user is not a feature', () => {
  expect(profileSize(withFeatures)).toEqual({ rows: 2, slots: 1 });
  expect(profileSize(idsAlone)).toEqual({ rows: 0, slots: 0 });
});

test.each([
  [0, 0],
  [3, 0],
  [0, 2],
  [3, 2],
])('splitItem undoes joinItem, with %i factors of the closed-form head and %i of the rating head', (width, ratings) => {
  const heads = { closedForm: { width }, ratingHead: { width: ratings } };
  const sized = parseListConfig({ objective: 'softmax', vectorWidth: 2, ...heads });
  const widths = {
    ...{ input: 2, output: 2, bias: 1, popularity: 1 },
    ...(width > 0 && { factors: width }),
    ...(width + ratings > 0 && { ids: 1 }),
  };
  const parts = Object.fromEntries(
    Object.entries(widths).map(([name, columns], index) => {
      const data = Float32Array.from({ length: 2 * columns }, (_, at) => 100 * index + at);
      return [name, floatTensor([2, columns], data)];
    }),
  );
  const undone = onEagerCpu((tensors) => {
    const { factors, ids, ...others } = splitItem(sized, joinItem(tensors as unknown as EmbeddedItems));
    return { ...others, ...(factors && { factors }), ...(ids && { ids }) };
  }, parts);
  expect(itemWidth(sized)).toBe(Object.values(widths).reduce((sum, columns) => sum + columns));
  expect(undone).toEqual(parts);
});
