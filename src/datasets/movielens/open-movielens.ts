import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { WarmstartError } from '../../common/errors.ts';
import type { FeatureField } from '../../features/feature-schema.ts';
import type { Batch, Dataset, InteractionRecord, OnReject, ScenarioRecord } from '../dataset.ts';
import { checkHeader, type FileFormat, readRows } from '../read-rows.ts';
import { filmFields, filmsFile } from './movielens-films.ts';
import { describedFields, describedItems, metadataFile, publishedItems } from './movielens-items.ts';
import { orderedRatingsFile, timedRatingsFile } from './movielens-ratings.ts';
import { describedScenarios, madeScenarios, scenariosFile } from './movielens-scenarios.ts';
import { userFields, usersFile } from './movielens-users.ts';

/** The files of a MovieLens folder, and their readers. */
interface Layout {
  readonly title: string;
  readonly files: readonly FileFormat[];
  readonly fields: readonly FeatureField[];
  open(directory: string): Pick<Dataset, 'items' | 'scenarios' | 'interactions'>;
}

/** The first layout whose files all exist is used. */
const layouts: readonly Layout[] = [
  {
    title: 'MovieLens with film metadata',
    files: [usersFile, filmsFile, metadataFile, scenariosFile, orderedRatingsFile],
    fields: [...userFields, ...describedFields],
    open: (directory) => ({
      items: (onReject) => describedItems(directory, onReject),
      scenarios: (onReject) => describedScenarios(directory, onReject),
      interactions: (onReject) => readRows(directory, orderedRatingsFile, onReject),
    }),
  },
  {
    title: 'MovieLens as published',
    files: [usersFile, filmsFile, timedRatingsFile],
    fields: [...userFields, ...filmFields],
    open: (directory) => ({
      items: (onReject) => publishedItems(directory, onReject),
      scenarios: () => madeScenarios(directory),
      interactions: (onReject) => readRows(directory, timedRatingsFile, onReject),
    }),
  },
];

/**
 * Opens a folder with MovieLens-1M: as published, or with film metadata and scenarios but without times.
 *
 * Throws INVALID_DATA if the files of both layouts are incomplete, or if a header is wrong.
 */
export async function openMovieLens(directory: string): Promise<Dataset> {
  const { title, files, fields, open } = await layoutOf(directory);
  for (const file of files) await checkHeader(directory, file);
  const sizes = await Promise.all(files.map(({ file }) => sizeOf(directory, file)));
  return {
    name: 'movielens',
    title: `${title} (${resolve(directory)})`,
    fields,
    bytes: sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0),
    users: (onReject) => readRows(directory, usersFile, onReject),
    ...open(directory),
  };
}

/** Opens a file of ratings with the columns of `ratings.csv`, in the order in which they happened. */
export async function openRatings(
  path: string,
): Promise<(onReject: OnReject) => AsyncIterable<Batch<InteractionRecord>>> {
  const file = { ...orderedRatingsFile, file: basename(path) };
  await checkHeader(dirname(path), file);
  return (onReject) => readRows(dirname(path), file, onReject);
}

/** Opens a file of scenarios with the columns of `scenarios.csv`. */
export async function openScenarios(
  path: string,
): Promise<(onReject: OnReject) => AsyncIterable<Batch<ScenarioRecord>>> {
  const file = { ...scenariosFile, file: basename(path) };
  await checkHeader(dirname(path), file);
  return (onReject) => describedScenarios(dirname(path), onReject, file);
}

async function layoutOf(directory: string): Promise<Layout> {
  const descriptions: string[] = [];
  for (const layout of layouts) {
    const sizes = await Promise.all(layout.files.map(({ file }) => sizeOf(directory, file)));
    const missing = layout.files.filter((_, index) => sizes[index] === undefined);
    if (missing.length === 0) return layout;
    descriptions.push(`${namesOf(layout.files)} (missing: ${namesOf(missing)})`);
  }
  throw new WarmstartError(
    'INVALID_DATA',
    `expected a MovieLens folder at ${resolve(directory)} with the files ${descriptions.join(' or ')}; ` +
      'unpack ml-1m.zip from https://grouplens.org/datasets/movielens/1m/ and name its folder',
  );
}

/** Returns the size of a file in bytes, or undefined if it does not exist. */
async function sizeOf(directory: string, file: string): Promise<number | undefined> {
  try {
    const found = await stat(join(directory, file));
    return found.isFile() ? found.size : undefined;
  } catch {
    return undefined;
  }
}

function namesOf(files: readonly FileFormat[]): string {
  return files.map(({ file }) => file).join(', ');
}
