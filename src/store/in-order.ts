/** Returns the rows in the order of `ids`; `null` for an ID without a row. */
export function inOrder<T extends { readonly id: number }>(ids: readonly number[], rows: readonly T[]): (T | null)[] {
  return inOrderOf(ids, rows, ({ id }) => id);
}

/** Returns the rows in the order of `keys`; `null` for a key without a row. */
export function inOrderOf<Key, T>(keys: readonly Key[], rows: readonly T[], keyOf: (row: T) => Key): (T | null)[] {
  const byKey = new Map(rows.map((row) => [keyOf(row), row]));
  return keys.map((key) => byKey.get(key) ?? null);
}

/** Groups rows by parent, in the order of `parents`. The rows of a parent keep their order. */
export function groupedInOrder<T>(parents: readonly number[], rows: readonly T[], parentOf: (row: T) => number): T[][] {
  const groups = new Map<number, T[]>(parents.map((parent) => [parent, []]));
  for (const row of rows) groups.get(parentOf(row))?.push(row);
  return parents.map((parent) => groups.get(parent) ?? []);
}
