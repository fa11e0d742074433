/** Puts rows, found in any order, in the order of the ids asked for; `null` where none was found. */
export function inOrder<T extends { readonly id: number }>(
  ids: readonly number[],
  rows: readonly T[],
): (T | null)[] {
  return inOrderOf(ids, rows, ({ id }) => id);
}

/** The same by any key. */
export function inOrderOf<Key, T>(
  keys: readonly Key[],
  rows: readonly T[],
  keyOf: (row: T) => Key,
): (T | null)[] {
  const byKey = new Map(rows.map((row) => [keyOf(row), row]));
  return keys.map((key) => byKey.get(key) ?? null);
}

/** The rows of each parent, in the order of the parents asked for; the rows of one stay in the order in which they came. */
export function groupedInOrder<T>(
  parents: readonly number[],
  rows: readonly T[],
  parentOf: (row: T) => number,
): T[][] {
  const groups = new Map<number, T[]>(parents.map((parent) => [parent, []]));
  for (const row of rows) groups.get(parentOf(row))?.push(row);
  return parents.map((parent) => groups.get(parent) ?? []);
}
