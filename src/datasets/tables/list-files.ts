import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { WarmstartError } from '../../common/errors.ts';
import { statusOf } from './input.ts';

/**
 * Replaces each folder by the files in it, sorted by name, and keeps files and `-` as they are.
 *
 * Files whose names begin with a dot or an underscore are hidden: programs write marks such as `_SUCCESS` and checksums
 * beside the data. Subfolders are left out. Throws INVALID_DATA if a path does not exist, or if a folder has no file.
 */
export async function listFiles(paths: readonly string[]): Promise<string[]> {
  const lists: string[][] = [];
  for (const path of paths) {
    const folder = path !== '-' && (await statusOf(path)).isDirectory();
    lists.push(folder ? await filesOf(path) : [path]);
  }
  return lists.flat();
}

async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const visible = entries.filter(({ name }) => !/^[._]/.test(name)).sort((a, b) => (a.name < b.name ? -1 : 1));
  const files: string[] = [];
  for (const { name } of visible) {
    const path = join(folder, name);
    if (!(await statusOf(path)).isDirectory()) files.push(path);
  }
  if (files.length > 0) return files;
  const got = visible.length > 0 ? `only folders (${visible.map(({ name }) => name).join(', ')})` : 'none';
  throw new WarmstartError('INVALID_DATA', `expected files in the folder ${folder}, got ${got}; name files`);
}
