import type { MappingInput } from '../mapping.ts';
import { hasValueRole, roleOfFile } from './column-names.ts';
import { guessFeatures, guessYear } from './guess-features.ts';
import type { IdColumns } from './guess-ids.ts';
import { guessAvailability, guessTime } from './guess-time.ts';
import { guessType, isTypeColumn } from './guess-types.ts';
import { guessValue, valueInput } from './guess-value.ts';
import { type ColumnSample, isNearlyUnique, type TableSample } from './sample-table.ts';

export type FileInput = MappingInput['files'][number];

/** What a file seems to be. */
export type FileKind = 'interactions' | 'scenarios' | 'users' | 'items' | 'halfKnown' | 'unknown';

/**
 * A file with users and items has interactions, and a file with one of them is a catalog, unless it says what happened:
 * then the other one is not known.
 */
export function kindOfFile({ table, columns }: TableSample, { user, item, scenario }: IdColumns): FileKind {
  if (user && item) return 'interactions';
  const known = user ?? item;
  if (known && !isNearlyUnique(known) && columns.some((column) => isTypeColumn(column) && column.distinct.size > 1))
    return 'halfKnown';
  if (user) return 'users';
  if (item === undefined) return 'unknown';
  const catalog =
    scenario === undefined || (item.distinct.size === item.values.length && roleOfFile(table.file) !== 'scenario');
  return catalog ? 'items' : 'scenarios';
}

type Guess = (sample: TableSample, ids: IdColumns, notes: string[]) => FileInput | undefined;

/** How the entry of each kind of file is guessed. */
export const guessFile: Record<FileKind, Guess> = {
  users: ({ table: { file }, columns }, { user }, notes) => ({
    file,
    users: { id: nameOf(user), features: guessFeatures(file, without(columns, [user]), notes) },
  }),
  items: ({ table: { file }, columns }, { item }, notes) => {
    const title = titleColumn(without(columns, [item]));
    const { times, columns: used } = guessAvailability(file, without(columns, [item, title]), notes);
    const features = guessFeatures(file, without(columns, [item, title, ...used]), notes);
    const year = title && !('year' in features) ? guessYear(title) : {};
    return {
      file,
      items: { id: nameOf(item), ...named('title', title), ...times, features: { ...features, ...year } },
    };
  },
  scenarios: ({ table: { file }, columns }, { scenario, item }, notes) => {
    const title = titleColumn(without(columns, [scenario, item]));
    noteUnused(file, without(columns, [scenario, item, title]), notes);
    return { file, scenarios: { id: nameOf(scenario), ...named('title', title), item: nameOf(item) } };
  },
  interactions: guessInteractions,
  halfKnown: ({ table: { file } }, { user, item }, notes) => {
    const [known, other] = user ? [user, 'items'] : [item, 'users'];
    notes.push(
      `${file}: "${nameOf(known)}" has IDs and another column says what happened, but no column seems to have the IDs of ${other}.`,
    );
    return undefined;
  },
  unknown: ({ table: { file, columns } }, _ids, notes) => {
    notes.push(
      `${file}: no column seems to have the IDs of users or items; state "users", "items", "scenarios" or "interactions" ` +
        `with its columns (${columns.join(', ')}), or leave the file out.`,
    );
    return undefined;
  },
};

function guessInteractions(sample: TableSample, { user, item, scenario }: IdColumns, notes: string[]): FileInput {
  const { file } = sample.table;
  const rest = without(sample.columns, [user, item, scenario]);
  const value = guessValue(sample, rest, notes);
  const type = guessType(sample, value?.kind, notes);
  const time = rest
    .filter(({ name }) => hasValueRole(name, 'time'))
    .map((column) => ({ column, input: guessTime(file, column, notes) }))
    .find(({ input }) => input !== undefined);
  if (time === undefined)
    notes.push(
      `${file}: no column has times that can be read, so the order of the rows is taken as the order of time.`,
    );
  return {
    file,
    interactions: {
      user: nameOf(user),
      item: nameOf(item),
      ...named('scenario', scenario),
      type,
      ...(value ? { value: valueInput(value) } : {}),
      ...(time?.input ? { time: time.input } : {}),
    },
  };
}

function titleColumn(columns: readonly ColumnSample[]): ColumnSample | undefined {
  return columns.find(({ name, texts }) => hasValueRole(name, 'title') && texts.length > 0);
}

function without(columns: readonly ColumnSample[], used: readonly (ColumnSample | undefined)[]): ColumnSample[] {
  return columns.filter((column) => !used.includes(column));
}

function named<Key extends string>(key: Key, column: ColumnSample | undefined): Partial<Record<Key, string>> {
  return column === undefined ? {} : ({ [key]: column.name } as Record<Key, string>);
}

function nameOf(column: ColumnSample | undefined): string {
  return (column as ColumnSample).name;
}

/** Adds a note about columns that the mapping does not name. */
export function noteUnused(file: string, columns: readonly Pick<ColumnSample, 'name'>[], notes: string[]): void {
  if (columns.length === 0) return;
  notes.push(`${file}: these columns are not used: ${columns.map(({ name }) => name).join(', ')}.`);
}
