import { basename } from 'node:path';
import type { Dataset } from '../dataset.ts';
import { openTable } from '../tables/open-table.ts';
import { openMapping } from './mapped-dataset.ts';
import type { MappedFile } from './mapping.ts';
import { type FolderKind, type Layout, mappingOf, openLayout, ownScale } from './open-layout.ts';
import type { NumberRange } from './parse-numbers.ts';

const withMetadata: Layout = { title: 'MovieLens with film metadata', mapping: 'movielens-1m-metadata.json' };

export const movieLens: FolderKind = {
  what: 'a MovieLens folder',
  layouts: [
    withMetadata,
    { title: 'MovieLens as published', mapping: 'movielens-1m.json' },
    // Later datasets, such as ml-25m, have the same files.
    { title: 'MovieLens-20M as published', mapping: 'movielens-20m.json' },
  ],
  advice: 'unpack ml-1m.zip or ml-20m.zip from https://grouplens.org/datasets/movielens/ and name its folder',
};

/** Opens a MovieLens folder, see `openLayout`. */
export function openMovieLens(directory: string, ratingScale?: NumberRange): Promise<Dataset> {
  return openLayout(directory, movieLens, ratingScale);
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
