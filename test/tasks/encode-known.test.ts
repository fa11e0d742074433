import { expect, test } from '@jest/globals';
import { encodeKnown, encodeKnownInBatches } from '../../src/tasks/encode-known.ts';
import { countingTurns } from '../support/counting-turns.ts';

const users = [
  { id: 'u1', features: {} },
  { id: 'u2', features: {} },
];
const items = [{ id: 'a', features: { genre: 'drama' } }];
const known = { users: Int32Array.of(0), items: Int32Array.of(0) };
const fields = [{ entity: 'item', name: 'genre', kind: 'categorical' }] as const;

test('users without declared features are encoded by their IDs, of which only those of the training are known', () => {
  const { schema, users: encoded } = encodeKnown({ fields, users, items }, { known, ids: [] });
  expect(schema.fields.map(({ entity, name, vocabulary }) => [entity, name, vocabulary])).toEqual([
    ['item', 'genre', ['drama']],
    ['user', 'id', ['u1']],
  ]);
  expect([...encoded.indices]).toEqual([1, 0]);
});

test('IDs are no feature of users with declared features, unless they are asked for', () => {
  const declared = [...fields, { entity: 'user', name: 'country', kind: 'categorical' } as const];
  const fieldsWith = (ids: readonly 'user'[]) =>
    encodeKnown({ fields: declared, users, items }, { known, ids }).schema.fields.map(({ name }) => name);
  expect(fieldsWith([])).toEqual(['genre', 'country']);
  expect(fieldsWith(['user'])).toEqual(['genre', 'country', 'id']);
});

test('encoding in batches takes a turn of the event loop for every few milliseconds, and has the same result', async () => {
  const width = 256;
  const declared = [
    { entity: 'user', name: 'id', kind: 'categorical' },
    { entity: 'item', name: 'text', kind: 'vector', width },
  ] as const;
  const vectorOf = (item: number) => Array.from({ length: width }, (_, at) => Math.sin(item * (at + 1)));
  const described = Array.from({ length: 300 }, (_, item) => ({ id: `i${item}`, features: { text: vectorOf(item) } }));
  const entities = { fields: declared, users, items: described };
  const encoded = await countingTurns(async (turns) => {
    const result = await encodeKnownInBatches(entities, { known, ids: [] });
    // Fitting takes more than 50 ms, and a turn little more than 5 ms.
    expect(turns()).toBeGreaterThan(10);
    return result;
  });
  const expected = encodeKnown(entities, { known, ids: [] });
  expect(encoded.schema.hash).toBe(expected.schema.hash);
  expect(Buffer.from(encoded.items.indices.buffer).equals(Buffer.from(expected.items.indices.buffer))).toBe(true);
  expect(Buffer.from(encoded.items.weights.buffer).equals(Buffer.from(expected.items.weights.buffer))).toBe(true);
});
