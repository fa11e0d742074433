import { hasValueRole, namesIds, plainWordsOf } from './column-names.ts';
import { sessionWords } from './column-words.ts';
import type { IdColumns } from './guess-ids.ts';
import { type ColumnSample, isNearlyUnique } from './sample-table.ts';

/** More values than these are most likely names or codes of users. */
const maxValues = 50;

/** The columns of interactions that say what a user or an item is. */
export interface EntityColumns {
  readonly users: readonly ColumnSample[];
  readonly items: readonly ColumnSample[];
}

/**
 * Returns the columns that have one value for each user or for each item. A column with one value for both is of the kind
 * that is less numerous, since its IDs come again more often. Without the IDs of a kind, no column is of it.
 */
export function entityColumns(columns: readonly ColumnSample[], { user, item }: IdColumns): EntityColumns {
  const varied = columns.filter(({ name, distinct }) => distinct.size > 1 && !tellsSession(name));
  const ofUsers = varied.filter((column) => user && isFeatureOfUsers(column, user));
  const ofItems = varied.filter((column) => item && dependsOn(column, item));
  const usersFirst = (user?.distinct.size ?? 0) < (item?.distinct.size ?? 0);
  return usersFirst
    ? { users: ofUsers, items: ofItems.filter((column) => !ofUsers.includes(column)) }
    : { users: ofUsers.filter((column) => !ofItems.includes(column)), items: ofItems };
}

/** Users must come again, so that a value is the same by more than chance. */
function isFeatureOfUsers(column: ColumnSample, user: ColumnSample): boolean {
  if (user.values.length < 2 * user.distinct.size || isNearlyUnique(user) || !dependsOn(column, user)) return false;
  if (namesIds(column.name) || hasValueRole(column.name, 'time') || hasValueRole(column.name, 'title')) return false;
  const areFew = column.distinct.size <= maxValues && column.distinct.size < user.distinct.size;
  return areFew || column.texts.every((text) => /^[+-]?\d+(?:[.,]\d+)?$/.test(text));
}

function tellsSession(name: string): boolean {
  return plainWordsOf(name).some((word) => sessionWords.includes(word));
}

/** Whether all rows with the same ID have the same value, or none. */
function dependsOn(column: ColumnSample, ids: ColumnSample): boolean {
  const first = new Map<string, string>();
  return column.byRow.every((text, row) => {
    const id = ids.byRow[row];
    if (id === undefined || text === undefined) return true;
    if (!first.has(id)) first.set(id, text);
    return first.get(id) === text;
  });
}
