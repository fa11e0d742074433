import { constants, createWriteStream, type WriteStream } from 'node:fs';
import { access, rename, rm } from 'node:fs/promises';
import { WarmstartError } from '../common/errors.ts';
import { isConnectionError } from '../store/is-connection-error.ts';

export interface NewFileOptions {
  /** Whether the file may take the place of another one. Default: no. */
  readonly force?: boolean;
}

/**
 * Lets `write` write a file, under a temporary name until it is complete. Only its owner can read it. If `write` throws,
 * no file is left. Throws INVALID_CONFIGURATION if the file is there already, unless `force` is given, or cannot be
 * written.
 */
export async function writeNewFile(
  path: string,
  { force = false }: NewFileOptions,
  write: (partialPath: string) => Promise<void>,
): Promise<void> {
  if (!force && (await isThere(path)))
    throw new WarmstartError('INVALID_CONFIGURATION', `${path} is there already; name another file, or use --force`);
  const partialPath = `${path}.partial`;
  try {
    await rm(partialPath, { force: true });
    await write(partialPath);
    await rename(partialPath, path);
  } catch (cause) {
    await rm(partialPath, { force: true });
    const { syscall, message } = cause as NodeJS.ErrnoException;
    if (syscall === undefined || isConnectionError(cause)) throw cause;
    throw new WarmstartError('INVALID_CONFIGURATION', `cannot write ${path}: ${message}`, { cause });
  }
}

/** Opens a file that only its owner can read. The file is on the disk when the stream ends. */
export function privateFile(path: string): WriteStream {
  return createWriteStream(path, { flags: 'wx', mode: 0o600, flush: true });
}

async function isThere(path: string): Promise<boolean> {
  return access(path, constants.F_OK).then(
    () => true,
    () => false,
  );
}
