import { basename } from 'node:path';
import { WarmstartError } from '../../common/errors.ts';
import type { MappedFile, Mapping } from './mapping.ts';

/** A file with its entry in the mapping. */
export interface MatchedFile {
  readonly path: string;
  readonly entry: MappedFile;
}

/**
 * Returns the entry of each file. Throws INVALID_CONFIGURATION if a file has no entry or several entries, and if an entry
 * has no file.
 */
export function matchFiles({ files }: Mapping, paths: readonly string[]): MatchedFile[] {
  const patterns = files.map((entry) => ({ entry, pattern: filePattern(entry.file) }));
  const matched = paths.map((path) => {
    const entries = patterns.filter(({ pattern }) => pattern.test(basename(path))).map(({ entry }) => entry);
    const [entry] = entries;
    if (entry !== undefined && entries.length === 1) return { path, entry };
    const remedy = entries.length === 0 ? 'add an entry, or leave the file out' : 'keep one of them';
    throw new WarmstartError(
      'INVALID_CONFIGURATION',
      `expected one entry of the mapping for the file ${basename(path)}, got ${namesOf(entries)}; ` +
        `the entries are ${namesOf(files)}; ${remedy}`,
    );
  });
  const unused = files.filter((entry) => !matched.some((match) => match.entry === entry));
  if (unused.length === 0) return matched;
  const names = paths.map((path) => basename(path)).join(', ') || 'none';
  throw new WarmstartError(
    'INVALID_CONFIGURATION',
    `expected a file for each entry of the mapping, got none for ${namesOf(unused)}; the files are ${names}; name the missing files, or remove their entries`,
  );
}

/** Returns what matches the base names of the files that an entry is for. */
export function filePattern(file: string): RegExp {
  const parts = file.split('*').map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's');
}

function namesOf(entries: readonly MappedFile[]): string {
  return entries.map(({ file }) => file).join(' and ') || 'none';
}
