import { WarmstartError } from '../../common/errors.ts';
import type { EntityKind } from '../../features/feature-schema.ts';
import type { Table } from '../tables/table.ts';
import { ColumnReads } from './column-reads.ts';
import type { MappedFile, Mapping } from './mapping.ts';
import type { FeatureColumn } from './mapping-features.ts';
import { featureParser } from './parse-features.ts';
import { Problem } from './problem.ts';

/** A file with its entry in the mapping. */
export interface EntryOfTable {
  readonly table: Table;
  readonly entry: MappedFile;
}

type VectorColumn = Extract<FeatureColumn, { kind: 'vector' }>;

/**
 * Returns a mapping with the widths of all vectors. A width that no entry states is that of the first row that has the
 * feature. Throws INVALID_DATA if no row has it.
 */
export async function withWidths(mapping: Mapping, files: readonly EntryOfTable[]): Promise<Mapping> {
  const widths = new Map<string, number>();
  for (const { key, feature } of vectorsOf(files)) if (feature.width) widths.set(key, feature.width);
  for (const { key, table, feature } of vectorsOf(files)) {
    const width = widths.get(key) ?? (await firstWidth(table, feature));
    if (width) widths.set(key, width);
  }
  for (const { key, feature } of vectorsOf(files)) {
    if (!widths.has(key))
      throw new WarmstartError(
        'INVALID_DATA',
        `expected a vector in the column "${feature.column}" of at least one row, got none; state "width" in the mapping`,
      );
  }
  return { ...mapping, files: mapping.files.map((entry) => filledEntry(entry, widths)) };
}

function filledEntry({ users, items, ...rest }: MappedFile, widths: ReadonlyMap<string, number>): MappedFile {
  return {
    ...rest,
    ...(users && { users: { ...users, features: filled('user', users.features, widths) } }),
    ...(items && { items: { ...items, features: filled('item', items.features, widths) } }),
  };
}

/** Returns the vectors that the entries name, with the keys of their features. */
function vectorsOf(files: readonly EntryOfTable[]) {
  return files.flatMap(({ table, entry }) =>
    [['user', entry.users] as const, ['item', entry.items] as const].flatMap(([entity, section]) =>
      Object.entries(section?.features ?? {}).flatMap(([name, feature]) =>
        feature.kind === 'vector' ? [{ key: keyOf(entity, name), table, feature }] : [],
      ),
    ),
  );
}

/** Returns the length of the first list of numbers in a column; `undefined` if there is none. */
async function firstWidth(table: Table, feature: VectorColumn): Promise<number | undefined> {
  const columns = new ColumnReads(table);
  const read = columns.read(feature.column, featureParser(feature));
  for await (const { rows } of table.rows(columns.columns, () => {})) {
    for (const { record } of rows) {
      const value = read(record);
      if (Array.isArray(value) && !(value instanceof Problem)) return value.length;
    }
  }
  return undefined;
}

function filled(
  entity: EntityKind,
  features: Readonly<Record<string, FeatureColumn>>,
  widths: ReadonlyMap<string, number>,
): Record<string, FeatureColumn> {
  return Object.fromEntries(
    Object.entries(features).map(([name, feature]) => [
      name,
      feature.kind === 'vector' ? { ...feature, width: widths.get(keyOf(entity, name)) } : feature,
    ]),
  );
}

function keyOf(entity: EntityKind, name: string): string {
  return `${entity} ${name}`;
}
