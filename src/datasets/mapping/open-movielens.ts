import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { WarmstartError } from '../../common/errors.ts';
import { projectRoot } from '../../common/project-root.ts';
import type { Dataset } from '../dataset.ts';
import { openTable } from '../tables/open-table.ts';
import { openMapping } from './mapped-dataset.ts';
import type { MappedFile, Mapping } from './mapping.ts';
import type { NumberRange } from './parse-numbers.ts';
import { readMapping } from './read-mapping.ts';

/** A layout of a MovieLens folder: its files are those of a mapping in `mappings/`. */
export interface Layout {
  readonly title: string;
  readonly mapping: string;
}

const withMetadata: Layout = { title: 'MovieLens with film metadata', mapping: 'movielens-1m-metadata.json' };

/** The first layout whose files all exist is used. */
export const layouts: readonly Layout[] = [
  withMetadata,
  { title: 'MovieLens as published', mapping: 'movielens-1m.json' },
  // Later datasets, such as ml-25m, have the same files.
  { title: 'MovieLens-20M as published', mapping: 'movielens-20m.json' },
];

/**
 * Opens a MovieLens folder. Files that its layout does not have are ignored. Ratings are converted to `ratingScale`.
 * Default: they stay as they are.
 *
 * Throws INVALID_DATA if no layout has all its files in the folder, or if a file lacks a column.
 */
export async function openMovieLens(directory: string, ratingScale?: NumberRange): Promise<Dataset> {
  const { title, mapping } = await layoutOf(directory);
  const paths = mapping.files.map(({ file }) => join(directory, file));
  const dataset = await openMapping(mapping, paths, openTable, ratingScale ?? ownScale(mapping));
  return { ...dataset, title: `${title} (${resolve(directory)})` };
}

/** Opens a file of ratings with the columns of `ratings.csv`, in the order in which they happened. */
export async function openRatings(path: string): Promise<Dataset['interactions']> {
  return (await openLike('ratings.csv', path)).interactions;
}

/** Opens a file of scenarios with the columns of `scenarios.csv`. */
export async function openScenarios(path: string): Promise<Dataset['scenarios']> {
  return (await openLike('scenarios.csv', path)).scenarios;
}

/** Opens a file as one of the layout with film metadata. */
async function openLike(file: string, path: string): Promise<Dataset> {
  const mapping = await mappingOf(withMetadata);
  const entry = mapping.files.find((candidate) => candidate.file === file) as MappedFile;
  const alone = { ...mapping, files: [{ ...entry, file: basename(path) }] };
  return openMapping(alone, [path], openTable, ownScale(mapping));
}

async function layoutOf(directory: string): Promise<{ readonly title: string; readonly mapping: Mapping }> {
  const descriptions: string[] = [];
  for (const layout of layouts) {
    const mapping = await mappingOf(layout);
    const names = mapping.files.map(({ file }) => file);
    const exist = await Promise.all(names.map((name) => isFile(join(directory, name))));
    const missing = names.filter((_, index) => !exist[index]);
    if (missing.length === 0) return { title: layout.title, mapping };
    descriptions.push(`${names.join(', ')} (missing: ${missing.join(', ')})`);
  }
  throw new WarmstartError(
    'INVALID_DATA',
    `expected a MovieLens folder at ${resolve(directory)} with the files ${descriptions.join(' or ')}; ` +
      'unpack ml-1m.zip or ml-20m.zip from https://grouplens.org/datasets/movielens/ and name its folder',
  );
}

function mappingOf({ mapping }: Layout): Promise<Mapping> {
  return readMapping(join(projectRoot, 'mappings', mapping));
}

/** Returns the scale of the ratings in the files. */
function ownScale({ ratingScale }: Mapping): NumberRange {
  return ratingScale as NumberRange;
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
