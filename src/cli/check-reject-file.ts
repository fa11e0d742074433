import { stat } from 'node:fs/promises';
import { WarmstartError } from '../common/errors.ts';
import { listFiles } from '../datasets/tables/list-files.ts';

/**
 * Checks that no rejected rows would be written into a file that an import reads: one of `inputs`, which are files and
 * folders, or a file in such a folder. Links to a file count as the file. Throws INVALID_CONFIGURATION.
 */
export async function checkRejectFile(rejects: string, inputs: readonly string[]): Promise<void> {
  const identity = await identityOf(rejects);
  if (identity === undefined) return;
  for (const input of await filesOf(inputs)) {
    if ((await identityOf(input)) !== identity) continue;
    const message = `--rejects: expected a file that the import does not read, got ${rejects}, which is the input ${input}; name another file for rejected rows`;
    throw new WarmstartError('INVALID_CONFIGURATION', message);
  }
}

/** A path that is not there is an error when it is opened, which says what was expected there. */
async function filesOf(inputs: readonly string[]): Promise<readonly string[]> {
  return listFiles(inputs).catch(() => inputs);
}

/** Returns what all paths to the same file have in common; `undefined` if there is no file. */
async function identityOf(path: string): Promise<string | undefined> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  return found && `${found.dev}:${found.ino}`;
}
