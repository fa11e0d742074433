import { WarmstartError } from '../common/errors.ts';

/**
 * Interactions of users with items, as parallel arrays `[interactions]`, in any order.
 *
 * A value is the weight of an interaction, such as times played or seconds watched. Without values every interaction
 * has weight 1. The values of equal pairs are summed. A pair whose sum is 0 is not an interaction.
 */
export interface Interactions {
  readonly users: number;
  readonly items: number;
  /** Rows in `[0, users)`. */
  readonly userRows: Int32Array;
  /** Rows in `[0, items)`. */
  readonly itemRows: Int32Array;
  /** Finite and not negative. */
  readonly values?: Float32Array;
  /**
   * The pairs of a marked user with a marked item are unknown: they are neither interactions nor the absence of one.
   * All other pairs without an interaction count as absent.
   */
  readonly unknown?: UnknownPairs;
}

/** `[users]` and `[items]`: 1 for each marked user and each marked item. */
export interface UnknownPairs {
  readonly users: Uint8Array;
  readonly items: Uint8Array;
}

/** Throws INVALID_DATA with the first invalid field, the expected value and the given value. */
export function checkInteractions({ users, items, userRows, itemRows, values, unknown }: Interactions): void {
  checkSize('users', users);
  checkSize('items', items);
  const count = userRows.length;
  if (count === 0) fail('userRows', 'at least one interaction', 'none');
  if (itemRows.length !== count) fail('itemRows', `as many as userRows (${count})`, itemRows.length);
  if (values && values.length !== count) fail('values', `as many as userRows (${count})`, values.length);
  checkRows('userRows', userRows, users);
  checkRows('itemRows', itemRows, items);
  if (values) checkValues(values);
  if (!unknown) return;
  if (unknown.users.length !== users)
    fail('unknown.users', `one mark for each of ${users} users`, unknown.users.length);
  if (unknown.items.length !== items)
    fail('unknown.items', `one mark for each of ${items} items`, unknown.items.length);
  for (let index = 0; index < count; index++) {
    if (unknown.users[userRows[index]!] && unknown.items[itemRows[index]!]) {
      fail('unknown', 'no interaction among the unknown pairs', `one at index ${index}`);
    }
  }
}

function checkSize(field: string, size: number): void {
  if (!Number.isInteger(size) || size < 1) fail(field, 'a whole number of at least 1', size);
}

function checkRows(field: string, rows: Int32Array, limit: number): void {
  for (let index = 0; index < rows.length; index++) {
    const row = rows[index]!;
    if (row < 0 || row >= limit) fail(`${field}[${index}]`, `a row in [0, ${limit})`, row);
  }
}

function checkValues(values: Float32Array): void {
  let positive = false;
  for (let index = 0; index < values.length; index++) {
    const value = values[index]!;
    if (!(value >= 0 && value < Infinity)) fail(`values[${index}]`, 'a finite number of at least 0', value);
    if (value > 0) positive = true;
  }
  if (!positive) fail('values', 'at least one above 0', 'none');
}

function fail(field: string, expected: string, got: number | string): never {
  throw new WarmstartError('INVALID_DATA', `${field} of the interactions: expected ${expected}, got ${got}.`);
}
