import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { WarmstartError } from '../../common/errors.ts';
import { projectRoot } from '../../common/project-root.ts';
import type { Dataset } from '../dataset.ts';
import { openTable } from '../tables/open-table.ts';
import { openMapping } from './mapped-dataset.ts';
import type { Mapping } from './mapping.ts';
import type { NumberRange } from './parse-numbers.ts';
import { readMapping } from './read-mapping.ts';

/** A layout of a folder: its files are those of a mapping in `mappings/`. */
export interface Layout {
  readonly title: string;
  readonly mapping: string;
}

/** Folders that can be opened. */
export interface FolderKind {
  /** What a message calls such a folder, such as "a MovieLens folder". */
  readonly what: string;
  /** The first layout whose files all exist is used. */
  readonly layouts: readonly Layout[];
  /** How to get such a folder. */
  readonly advice: string;
}

/**
 * Opens a folder. Files that its layout does not have are ignored. Ratings are converted to `ratingScale`. Default: they
 * stay as they are.
 *
 * Throws INVALID_DATA if no layout has all its files in the folder, or if a file lacks a column.
 */
export async function openLayout(directory: string, kind: FolderKind, ratingScale?: NumberRange): Promise<Dataset> {
  const { title, mapping } = await layoutOf(directory, kind);
  const paths = mapping.files.map(({ file }) => join(directory, file));
  const dataset = await openMapping(mapping, paths, openTable, ratingScale ?? ownScale(mapping));
  return { ...dataset, title: `${title} (${resolve(directory)})` };
}

/** Reads the mapping of a layout. */
export function mappingOf({ mapping }: Layout): Promise<Mapping> {
  return readMapping(join(projectRoot, 'mappings', mapping));
}

/** Returns the scale of the ratings in the files. A dataset without ratings gets one that nothing uses. */
export function ownScale({ ratingScale = { minimum: 1, maximum: 5 } }: Mapping): NumberRange {
  return ratingScale;
}

async function layoutOf(
  directory: string,
  { what, layouts, advice }: FolderKind,
): Promise<{ readonly title: string; readonly mapping: Mapping }> {
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
    `expected ${what} at ${resolve(directory)} with the files ${descriptions.join(' or ')}; ${advice}`,
  );
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
