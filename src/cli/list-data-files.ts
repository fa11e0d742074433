import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { WarmstartError } from '../common/errors.ts';
import { statusOf } from '../datasets/tables/input.ts';
import { listFiles } from '../datasets/tables/list-files.ts';

/** Longer files are data. */
const maxMappingBytes = 1024 * 1024;

/**
 * Returns the files to read: files, and the files of folders without the mappings in them. Throws INVALID_CONFIGURATION
 * if a file comes twice, since its interactions would count twice, or if there are only mappings.
 */
export async function listDataFiles(paths: readonly string[], mappingFile: string): Promise<string[]> {
  const found = await listFiles(paths);
  const mapping = await identityOf(mappingFile).catch(() => undefined);
  const files: string[] = [];
  const byIdentity = new Map<string, string>();
  for (const file of found) {
    const identity = await identityOf(file);
    if (identity === mapping || (!paths.includes(file) && (await isMapping(file)))) continue;
    const other = byIdentity.get(identity);
    if (other !== undefined) throw twice(other, file);
    byIdentity.set(identity, file);
    files.push(file);
  }
  if (files.length > 0) return files;
  const text = `expected files with data in ${paths.join(', ')}, got only mappings: ${found.join(', ')}; name other files`;
  throw new WarmstartError('INVALID_CONFIGURATION', text);
}

/** Returns what two names of the same file have in common. */
async function identityOf(path: string): Promise<string> {
  if (path === '-') return path;
  const { dev, ino } = await stat(path, { bigint: true });
  return `${dev} ${ino}`;
}

/** Whether a file of a folder is a mapping, by its usual name or by what it has. */
async function isMapping(file: string): Promise<boolean> {
  const name = basename(file);
  if (name === 'mapping.json') return true;
  const status = await statusOf(file);
  if (!name.endsWith('.json') || !status.isFile() || status.size > maxMappingBytes) return false;
  try {
    const { name: dataset, files } = JSON.parse(await readFile(file, 'utf8'));
    return (
      typeof dataset === 'string' && files.every(({ file: entry }: { file: unknown }) => typeof entry === 'string')
    );
  } catch {
    return false;
  }
}

function twice(one: string, other: string): WarmstartError {
  const names = one === other ? `${one} twice` : `${one} and ${other}, which are the same file`;
  return new WarmstartError('INVALID_CONFIGURATION', `expected each file once, got ${names}; name it once`);
}
