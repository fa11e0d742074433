import type { FeatureField } from '../../features/feature-schema.ts';
import type { Batch, ItemRecord, OnReject, Sourced } from '../dataset.ts';
import { type FileFormat, type RowFormat, readRows } from '../read-rows.ts';
import { type Film, filmsFile, listOf } from './movielens-films.ts';

/** The item features of MeLU and CMML. */
export const describedFields: readonly FeatureField[] = [
  { entity: 'item', name: 'rated', kind: 'categorical' },
  { entity: 'item', name: 'genres', kind: 'multiValued' },
  { entity: 'item', name: 'directors', kind: 'multiValued' },
  { entity: 'item', name: 'actors', kind: 'multiValued' },
];

export const metadataFile: RowFormat<ItemRecord> = {
  file: 'movies-metadata.csv',
  syntax: 'csv',
  columns: ['movieId', 'title', 'year', 'rated', 'genres', 'directors', 'actors'],
  ids: 1,
  unique: true,
  record: (id, title, year, rated, genres, directors, actors) => {
    if (title.trim() === '') return 'expected a title, got none';
    const lists = { genres: listOf(genres), directors: listOf(directors), actors: listOf(actors) };
    return {
      id,
      title: year === '' ? title : `${title} (${year})`,
      features: { rated: rated || null, ...lists },
    };
  },
};

/** Reads films with the features of `movies.dat`. */
export async function* publishedItems(directory: string, onReject: OnReject): AsyncGenerator<Batch<ItemRecord>> {
  for await (const { rows, bytes } of readRows(directory, filmsFile, onReject)) {
    yield { rows: rows.map((row) => ({ ...row, record: publishedItem(row.record) })), bytes };
  }
}

/**
 * Reads films with the features of `movies-metadata.csv` and the titles of `movies.dat`.
 *
 * A film that is in only one of the two files is an item too, with the data of that file. It is incomplete if a row of
 * the other file was rejected, since that can be its row: a damaged row does not always show whose it is.
 */
export async function* describedItems(directory: string, onReject: OnReject): AsyncGenerator<Batch<ItemRecord>> {
  const described = new Map<string, Sourced<ItemRecord>>();
  const damaged = new Set<string>();
  const noteReject: OnReject = (reject) => {
    damaged.add(reject.file);
    onReject(reject);
  };
  for await (const { rows, bytes } of readRows(directory, metadataFile, noteReject)) {
    for (const row of rows) described.set(row.record.id, row);
    yield { rows: [], bytes };
  }
  for await (const { rows, bytes } of readRows(directory, filmsFile, noteReject)) {
    const films = rows.map((row) => ({ ...row, record: describedItem(row.record, described, damaged) }));
    yield { rows: films, bytes };
    for (const row of rows) described.delete(row.record.id);
  }
  const rest = [...described.values()];
  const withoutFilm = rest.map((row) => ({ ...row, record: { ...row.record, ...incompleteIf(damaged, filmsFile) } }));
  yield { rows: withoutFilm, bytes: 0 };
}

function publishedItem({ id, title, genres, year }: Film): ItemRecord {
  return { id, title, features: { genres, year } };
}

function describedItem(
  { id, title, genres }: Film,
  described: ReadonlyMap<string, Sourced<ItemRecord>>,
  damaged: ReadonlySet<string>,
): ItemRecord {
  const features = described.get(id)?.record.features;
  if (features) return { id, title, features };
  const unknown = { rated: null, genres, directors: null, actors: null };
  return { id, title, features: unknown, ...incompleteIf(damaged, metadataFile) };
}

/** The mark of an item that is not in a file, if a row of this file was rejected. */
function incompleteIf(damaged: ReadonlySet<string>, { file }: FileFormat): Pick<ItemRecord, 'incomplete'> {
  return damaged.has(file) ? { incomplete: true } : {};
}
