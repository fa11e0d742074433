import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../common/project-root.ts';

/** The folders of the code that determines what a trained model measures. */
export const measuringFolders = [
  'common',
  'datasets',
  'engine',
  'evaluation',
  'factors',
  'features',
  'model-benchmark',
  'models',
  'tasks',
  'training',
] as const;

/**
 * Returns a hash of the code in these folders of `source`, by default src/, and of the versions of the packages that it
 * needs.
 */
export function codeVersion(folders: readonly string[], source = join(import.meta.dirname, '..')): string {
  const { dependencies } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));
  const hash = createHash('sha256').update(JSON.stringify(dependencies));
  for (const folder of folders) {
    for (const path of codeIn(join(source, folder)))
      hash.update(`\0${folder}/${path}\0`).update(readFileSync(join(source, folder, path)));
  }
  return hash.digest('hex');
}

function codeIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.[jt]s$/.test(path))
    .sort();
}
