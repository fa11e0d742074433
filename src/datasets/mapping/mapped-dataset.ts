import { basename } from 'node:path';
import { WarmstartError } from '../../common/errors.ts';
import type { Batch, Dataset, InteractionRecord, OnReject } from '../dataset.ts';
import type { Table, TableFormat } from '../tables/table.ts';
import { itemRecords, saysMore, userRecords } from './entity-records.ts';
import { type EntryOfTable, withWidths } from './find-widths.ts';
import { MappedTable } from './mapped-table.ts';
import { fieldsOf, type MappedFile, type Mapping, type SectionName, sectionNames, usedTypes } from './mapping.ts';
import { matchFiles } from './match-files.ts';
import { type EntityTable, mergeEntities } from './merge-entities.ts';
import { mergeScenarios } from './merge-scenarios.ts';
import { missingColumns } from './missing-columns.ts';
import type { NumberRange } from './parse-numbers.ts';

/** Opens a file as a table. */
export type OpenTable = (path: string, format: TableFormat) => Promise<Table>;

/** A file with its entry in the mapping and its table. */
interface OpenedFile {
  readonly entry: MappedFile;
  readonly mapped: MappedTable;
}

/**
 * Opens files as a dataset. Ratings are converted from the mapping's scale to `ratingScale`, the platform's scale.
 *
 * A row can say something in several sections of its file. If any of them cannot be read, the row changes nothing: users,
 * items and scenarios of which it may be a part are incomplete. Interactions are in the order of the files and their rows.
 *
 * Throws INVALID_CONFIGURATION if a file has no entry or several, or an entry no file. Throws INVALID_DATA if a file lacks
 * a column that the mapping names, or the vectors whose width the mapping does not state.
 */
export async function openMapping(
  mapping: Mapping,
  paths: readonly string[],
  open: OpenTable,
  ratingScale: NumberRange,
): Promise<Dataset> {
  const scales = {
    given: mapping.ratingScale ?? ratingScale,
    platform: ratingScale,
  };
  const opened: EntryOfTable[] = [];
  for (const { path, entry } of matchFiles(mapping, paths))
    opened.push({ entry, table: await open(path, entry.format ?? {}) });
  checkColumns(opened.map(({ entry, table }) => ({ entry, mapped: new MappedTable(table, entry, scales) })));
  const whole = await withWidths(mapping, opened);
  const files = opened.map(({ entry: stated, table }) => {
    const entry = whole.files[mapping.files.indexOf(stated)] as MappedFile;
    return { entry, mapped: new MappedTable(table, entry, scales) };
  });
  return datasetOf(whole, paths, files);
}

/** Opens tables as a dataset, by the names of their files, see `openMapping`. */
export async function mapTables(
  mapping: Mapping,
  tables: readonly Table[],
  ratingScale: NumberRange,
): Promise<Dataset> {
  // Two tables can have the same name.
  const byPath = new Map(tables.map((table, index) => [`${index}/${table.file}`, table]));
  return openMapping(mapping, [...byPath.keys()], async (path) => byPath.get(path) as Table, ratingScale);
}

function datasetOf(mapping: Mapping, paths: readonly string[], files: readonly OpenedFile[]): Dataset {
  const having = (...names: readonly SectionName[]) =>
    files.map(({ mapped }) => mapped).filter((mapped) => names.some((name) => mapped.has(name)));
  const bytesOf = (name: SectionName) => having(name).reduce((sum, { table }) => sum + table.bytes, 0);
  const users = entityTables('users', files);
  const items = entityTables('items', files);
  return {
    name: mapping.name,
    title: `${mapping.name} (${paths.map((path) => basename(path)).join(', ')})`,
    fields: fieldsOf(mapping),
    types: mapping.interactionTypes,
    usedTypes: usedTypes(mapping),
    bytes: sectionNames.reduce((sum, name) => sum + bytesOf(name), 0),
    users: (onReject) => userRecords(mapping, mergeEntities('users', users, onReject)),
    items: (onReject) => itemRecords(mapping, mergeEntities('items', items, onReject)),
    scenarios: (onReject) => mergeScenarios(having('scenarios', 'scenariosByValue'), onReject),
    interactions: (onReject) => interactions(having('interactions'), onReject),
  };
}

function checkColumns(files: readonly OpenedFile[]): void {
  const problems = files.flatMap(({ mapped: { table, missing } }) =>
    missing.length === 0 ? [] : [missingColumns(table, missing)],
  );
  if (problems.length > 0) throw new WarmstartError('INVALID_DATA', problems.join('; '));
}

function entityTables(name: 'users' | 'items', files: readonly OpenedFile[]): EntityTable[] {
  return files.flatMap(({ entry, mapped }) => {
    const section = entry[name];
    if (section === undefined) return [];
    return [{ table: mapped, says: saysMore(section) }];
  });
}

async function* interactions(
  tables: readonly MappedTable[],
  onReject: OnReject,
): AsyncGenerator<Batch<InteractionRecord>> {
  for (const table of tables) yield* table.read('interactions', onReject);
}
