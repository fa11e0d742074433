import { expect, test } from '@jest/globals';
import { encodeKnown } from '../../src/tasks/encode-known.ts';

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
