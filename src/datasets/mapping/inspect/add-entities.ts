import { hasValueRole, wordsOf } from './column-names.ts';
import { entityColumns } from './entity-columns.ts';
import { guessFeatures } from './guess-features.ts';
import { type FileInput, noteUnused } from './guess-file.ts';
import type { IdColumns } from './guess-ids.ts';
import { type ColumnSample, isNearlyUnique, type TableSample } from './sample-table.ts';

type Interactions = NonNullable<FileInput['interactions']>;

/** A file with its guessed entry. */
export interface GuessedFile {
  readonly sample: TableSample;
  readonly ids: IdColumns;
  readonly entry: FileInput;
}

/**
 * Adds users and items to the entries of interactions if no file is a catalog of them: otherwise no interaction could be
 * stored. They get the columns as features that have the same value in all rows of a user or an item.
 */
export function addEntities(files: readonly GuessedFile[], notes: string[]): FileInput[] {
  const hasUsers = files.some(({ entry }) => entry.users);
  const hasItems = files.some(({ entry }) => entry.items);
  return files.map(({ sample, ids, entry: { interactions, ...entry } }) => {
    if (interactions === undefined) return entry;
    const { file } = entry;
    noteSource(file, 'users', hasUsers, notes);
    noteSource(file, 'items', hasItems, notes);
    const unused = unusedColumns(sample, interactions);
    const found = entityColumns(unused, {
      ...(hasUsers ? {} : { user: ids.user }),
      ...(hasItems ? {} : { item: ids.item }),
    });
    const users = hasUsers ? undefined : guessUsers(file, found.users, interactions.user, notes);
    const items = hasItems ? undefined : guessItems(file, found.items, ids, notes);
    const read = [...namesOf(users), ...namesOf(items)];
    noteUnused(
      file,
      unused.filter(({ name }) => !read.includes(name) && name !== interactions.value?.dividedBy),
      notes,
    );
    return { file, ...(users ? { users } : {}), ...(items ? { items } : {}), interactions };
  });
}

function noteSource(file: string, name: 'users' | 'items', hasCatalog: boolean, notes: string[]): void {
  notes.push(
    hasCatalog
      ? `${file}: interactions whose ${name} are in no other file are rejected; state "${name}" here to add them too.`
      : `${file}: no other file has ${name}, so they are taken from the interactions.`,
  );
}

function unusedColumns({ columns }: TableSample, interactions: Interactions): ColumnSample[] {
  const { user, item, scenario, type, value, time } = interactions;
  const event = typeof type === 'object' ? type.column : undefined;
  const used = [user, item, scenario, event, value?.column, time?.column];
  return columns.filter(({ name }) => !used.includes(name));
}

/** Guesses the features of users. Dates are those of what happened. */
function guessUsers(
  file: string,
  columns: readonly ColumnSample[],
  id: string,
  notes: string[],
): NonNullable<FileInput['users']> {
  const found = Object.entries(guessFeatures(file, columns, notes)).filter(([, { kind }]) => kind !== 'date');
  if (found.length === 0) return { id };
  const users = { id, features: Object.fromEntries(found) };
  noteColumns(file, 'user', namesOf(users), notes);
  return users;
}

/** Guesses the title and the features of items. */
function guessItems(file: string, columns: readonly ColumnSample[], { item }: IdColumns, notes: string[]) {
  const { name: id } = item as ColumnSample;
  const title = columns.find(({ name }) => isTitleOf(name, id));
  const others = columns.filter((column) => column !== title);
  const features = isNearlyUnique(item as ColumnSample) ? {} : guessFeatures(file, others, notes);
  const items = { id, ...(title ? { title: title.name } : {}), features };
  noteColumns(file, 'item', namesOf(items), notes);
  return items;
}

/** Returns the columns of the title and the features. */
function namesOf(section: Pick<NonNullable<FileInput['items']>, 'title' | 'features'> = {}): string[] {
  const { title, features = {} } = section;
  const titles = title === undefined ? [] : [typeof title === 'string' ? title : title.column];
  return [...titles, ...Object.values(features).map(({ column }) => column)];
}

function noteColumns(file: string, kind: 'user' | 'item', names: readonly string[], notes: string[]): void {
  if (names.length === 0) return;
  notes.push(
    `${file}: these columns have one value for each ${kind}, so they say what the ${kind} is: ${names.join(', ')}.`,
  );
}

/** Whether a column such as `track_name` has the titles of the IDs in a column such as `track_id`. */
function isTitleOf(name: string, id: string): boolean {
  const words = wordsOf(id);
  return hasValueRole(name, 'title') && wordsOf(name).some((word, _, all) => all.length === 1 || words.includes(word));
}
