import { placeholder } from '../placeholder.ts';
import { hasValueRole } from './column-names.ts';
import type { EntityRole, ValueRole } from './column-words.ts';
import { type FileInput, guessFile } from './guess-file.ts';
import type { IdColumns } from './guess-ids.ts';
import { type ColumnSample, isNearlyUnique, type TableSample } from './sample-table.ts';

const valueRoles: readonly ValueRole[] = ['rating', 'event', 'time', 'title', 'quantity'];
const maxCandidates = 3;
const maxIdLength = 64;

/** Returns an entry with placeholders for the columns with IDs, which names the columns whose values could be IDs. */
export function skeletonOf(sample: TableSample, ids: IdColumns, notes: string[]): FileInput | undefined {
  const known = Object.values(ids);
  const candidates = sample.columns.filter((column) => !known.includes(column) && mayHaveIds(column));
  const isCatalog = known.length === 0 && candidates.some(isNearlyUnique) && !candidates.some(repeats);
  if (!isCatalog) return interactionsSkeleton(sample, ids, candidates, notes);
  const what = placeholderFor('items', candidates);
  return { file: sample.table.file, items: { id: `${what}; write "users" for "items" if they are users` } };
}

function interactionsSkeleton(
  sample: TableSample,
  ids: IdColumns,
  candidates: readonly ColumnSample[],
  notes: string[],
): FileInput | undefined {
  const repeated = candidates.filter(repeats).sort((a, b) => b.distinct.size - a.distinct.size);
  const columnOf = (role: EntityRole) => ids[role] ?? columnNamed(placeholderFor(`${role}s`, repeated));
  return guessFile.interactions(sample, { ...ids, user: columnOf('user'), item: columnOf('item') }, notes);
}

function columnNamed(name: string): ColumnSample {
  return { name, values: [], texts: [], byRow: [], distinct: new Set(), markers: [] };
}

function placeholderFor(what: string, candidates: readonly ColumnSample[]): string {
  const names = candidates.slice(0, maxCandidates).map(({ name }) => name);
  return placeholder(`the column with the IDs of ${what}${names.length > 0 ? `, perhaps ${names.join(' or ')}` : ''}`);
}

/** IDs are short, and are no fractions. */
function mayHaveIds({ name, texts, distinct }: ColumnSample): boolean {
  if (distinct.size < 2 || valueRoles.some((role) => hasValueRole(name, role))) return false;
  return texts.every((text) => text.length <= maxIdLength && !/^[+-]?\d*[.,]\d+$/.test(text));
}

/** Whether IDs come again, as those of users and items in interactions do. */
function repeats({ values, distinct }: ColumnSample): boolean {
  return distinct.size < values.length;
}
