import { entityRank, hasValueRole, isPlainId, namesIds, roleOfFile } from './column-names.ts';
import type { EntityRole, ValueRole } from './column-words.ts';
import { type ColumnSample, isNearlyUnique, type TableSample } from './sample-table.ts';

/** The columns of a file with IDs of users, items and scenarios. */
export type IdColumns = Partial<Record<EntityRole, ColumnSample>>;

const roles: readonly EntityRole[] = ['user', 'item', 'scenario'];
const valueRoles: readonly ValueRole[] = ['rating', 'event', 'time', 'title'];

/** The share of the values of a column that another column must have, so that both have the same IDs. */
const joinShare = 0.5;

/**
 * Guesses which columns have IDs, and of what: first by their names, then by the name of the file, and at last by the
 * values that they share with such a column of another file. Adds a note to `notes` about each of the last two.
 */
export function guessIds(samples: readonly TableSample[], notes: string[]): Map<TableSample, IdColumns> {
  const found = new Map(samples.map((sample) => [sample, byName(sample)]));
  for (const [sample, ids] of found) byFile(sample, ids, notes);
  for (const [sample, ids] of found) byValues(sample, ids, found, notes);
  return found;
}

function byName({ columns }: TableSample): IdColumns {
  const ids: IdColumns = {};
  for (const role of roles) {
    const [best] = columns
      .flatMap((column) => ({ column, rank: entityRank(column.name, role) ?? Number.POSITIVE_INFINITY }))
      .filter(({ rank, column }) => rank < Number.POSITIVE_INFINITY && column.values.length > 0)
      // Of `artikel` and `artikel_nr`, the second one has the IDs.
      .sort((a, b) => a.rank - b.rank || Number(namesIds(b.column.name)) - Number(namesIds(a.column.name)));
    if (best) ids[role] = best.column;
  }
  return ids;
}

function byFile({ table, columns }: TableSample, ids: IdColumns, notes: string[]): void {
  const role = roleOfFile(table.file);
  const column = columns.find(({ name, values }) => isPlainId(name) && values.length > 0);
  if (role === undefined || column === undefined || ids[role] !== undefined || !isNearlyUniqueOrFew(column)) return;
  ids[role] = column;
  notes.push(`${table.file}: "${column.name}" is taken as the ID of the ${role}, because of the name of the file.`);
}

function byValues(
  { table, columns }: TableSample,
  ids: IdColumns,
  found: ReadonlyMap<TableSample, IdColumns>,
  notes: string[],
): void {
  for (const role of roles) {
    if (ids[role] !== undefined) continue;
    const candidates = columns.filter((column) => mayBeId(column) && !Object.values(ids).includes(column));
    for (const [{ table: other }, { [role]: known }] of found) {
      const column = candidates.find((candidate) => other !== table && known !== undefined && join(candidate, known));
      if (column === undefined || known === undefined) continue;
      ids[role] = column;
      notes.push(
        `${table.file}: "${column.name}" is taken as the ID of the ${role}, because it has the values of "${known.name}" in ${other.file}.`,
      );
      break;
    }
  }
}

function mayBeId({ name, texts }: ColumnSample): boolean {
  if (texts.length === 0 || valueRoles.some((role) => hasValueRole(name, role))) return false;
  // Small numbers are in many columns by chance.
  return isPlainId(name) || texts.some((text) => !/^\d{1,6}$/.test(text));
}

/** Whether two columns have the same IDs, and are different in each row of one of their files. */
function join(one: ColumnSample, other: ColumnSample): boolean {
  const common = [...one.distinct].filter((text) => other.distinct.has(text)).length;
  const unique = one.distinct.size === one.values.length || other.distinct.size === other.values.length;
  return unique && common > 1 && common >= joinShare * Math.min(one.distinct.size, other.distinct.size);
}

function isNearlyUniqueOrFew(column: ColumnSample): boolean {
  return isNearlyUnique(column) || column.distinct.size === column.values.length;
}
