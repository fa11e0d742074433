/** Puts rows, found in any order, in the order of the ids asked for; `null` where none was found. */
export function inOrder<T extends { readonly id: number }>(
  ids: readonly number[],
  rows: readonly T[],
): (T | null)[] {
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.map((id) => byId.get(id) ?? null);
}
