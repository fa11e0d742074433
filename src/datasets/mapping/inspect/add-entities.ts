import { hasValueRole, wordsOf } from './column-names.ts';
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
 * stored. Items get the columns as features that have the same value in all rows of an item.
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
    const items = hasItems ? undefined : guessItems(file, unused, ids, notes);
    const read = [items?.title, ...Object.values(items?.features ?? {}).map(({ column }) => column)];
    noteUnused(
      file,
      unused.filter(({ name }) => !read.includes(name)),
      notes,
    );
    return {
      file,
      ...(hasUsers ? {} : { users: { id: interactions.user } }),
      ...(items ? { items } : {}),
      interactions,
    };
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

/** Guesses the title and the features of items in the columns that have one value for each item. */
function guessItems(file: string, columns: readonly ColumnSample[], { item }: IdColumns, notes: string[]) {
  const { name: id } = item as ColumnSample;
  const constant = columns.filter(({ distinct }) => distinct.size > 1).filter((column) => dependsOn(column, item));
  const title = constant.find(({ name }) => isTitleOf(name, id));
  const others = constant.filter((column) => column !== title);
  const features = isNearlyUnique(item as ColumnSample) ? {} : guessFeatures(file, others, notes);
  const names = [...(title ? [title.name] : []), ...Object.values(features).map(({ column }) => column)];
  if (names.length > 0)
    notes.push(
      `${file}: these columns have one value for each item, so they say what the item is: ${names.join(', ')}.`,
    );
  return { id, ...(title ? { title: title.name } : {}), features };
}

/** Whether a column such as `track_name` has the titles of the IDs in a column such as `track_id`. */
function isTitleOf(name: string, id: string): boolean {
  const words = wordsOf(id);
  return hasValueRole(name, 'title') && wordsOf(name).some((word, _, all) => all.length === 1 || words.includes(word));
}

/** Whether all rows with the same ID have the same value, or none. */
function dependsOn(column: ColumnSample, ids: ColumnSample | undefined): boolean {
  const first = new Map<string, string>();
  return column.byRow.every((text, row) => {
    const id = ids?.byRow[row];
    if (id === undefined || text === undefined) return true;
    if (!first.has(id)) first.set(id, text);
    return first.get(id) === text;
  });
}
