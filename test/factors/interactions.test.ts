import { expect, test } from '@jest/globals';
import { checkInteractions } from '../../src/factors/interactions.ts';

const good = {
  users: 2,
  items: 3,
  userRows: Int32Array.of(0, 1),
  itemRows: Int32Array.of(2, 0),
  values: Float32Array.of(1, 2),
};

test('accepts valid interactions', () => {
  expect(() => checkInteractions(good)).not.toThrow();
});

const wrong = [
  ['users', { ...good, users: 0 }, 'users of the interactions: expected a whole number of at least 1, got 0.'],
  ['items', { ...good, items: 1.5 }, 'items of the interactions: expected a whole number of at least 1, got 1.5'],
  ['no interactions', { ...good, userRows: new Int32Array(0) }, 'userRows of the interactions: expected at least'],
  ['fewer items', { ...good, itemRows: Int32Array.of(1) }, 'itemRows of the interactions: expected as many as'],
  ['fewer values', { ...good, values: Float32Array.of(1) }, 'values of the interactions: expected as many as'],
  [
    'a user past the last',
    { ...good, userRows: Int32Array.of(0, 2) },
    'userRows[1] of the interactions: expected a row in [0, 2), got 2.',
  ],
  [
    'an item before the first',
    { ...good, itemRows: Int32Array.of(-1, 0) },
    'itemRows[0] of the interactions: expected a row in [0, 3), got -1.',
  ],
  [
    'a negative value',
    { ...good, values: Float32Array.of(1, -2) },
    'values[1] of the interactions: expected a finite number of at least 0, got -2.',
  ],
  ['NaN', { ...good, values: Float32Array.of(Number.NaN, 1) }, 'values[0] of the interactions: expected a finite'],
  ['infinity', { ...good, values: Float32Array.of(1, Infinity) }, 'values[1] of the interactions: expected a finite'],
  [
    'only zeros',
    { ...good, values: Float32Array.of(0, 0) },
    'values of the interactions: expected at least one above 0, got none.',
  ],
] as const;

test.each(wrong)('the field that is wrong is named: %s', (_name, interactions, message) => {
  expect(() => checkInteractions(interactions)).toThrow(
    expect.objectContaining({ code: 'INVALID_DATA', message: expect.stringContaining(message) }),
  );
});
