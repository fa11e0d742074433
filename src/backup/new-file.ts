import { randomBytes } from 'node:crypto';
import { constants, createWriteStream, rmSync, type WriteStream } from 'node:fs';
import { access, rename, rm } from 'node:fs/promises';
import { WarmstartError } from '../common/errors.ts';
import { onInterruption } from '../processes/process-lifetime.ts';
import { isConnectionError } from '../store/is-connection-error.ts';

export interface NewFileOptions {
  /** Whether the file may take the place of another one. Default: no. */
  readonly force?: boolean;
}

/**
 * Lets `write` write a file, under a temporary name of its own until it is complete. Only its owner can read it. If
 * `write` throws, or if the process is interrupted, no file is left. Of several that write it at the same time without
 * `force`, one succeeds, unless they end at the same moment. Throws INVALID_CONFIGURATION if the file is there already,
 * unless `force` is given, or cannot be written.
 */
export async function writeNewFile(
  path: string,
  { force = false }: NewFileOptions,
  write: (partialPath: string) => Promise<void>,
): Promise<void> {
  if (!force) await refuseExisting(path);
  const partialPath = `${path}.${randomBytes(4).toString('hex')}.partial`;
  const unregister = onInterruption((signal) => {
    rmSync(partialPath, { force: true });
    process.kill(process.pid, signal);
  });
  try {
    await write(partialPath);
    if (!force) await refuseExisting(path);
    await rename(partialPath, path);
  } catch (cause) {
    await rm(partialPath, { force: true });
    const { syscall, message } = cause as NodeJS.ErrnoException;
    if (syscall === undefined || isConnectionError(cause)) throw cause;
    throw new WarmstartError('INVALID_CONFIGURATION', `cannot write ${path}: ${message}`, { cause });
  } finally {
    unregister();
  }
}

/** Opens a file that only its owner can read. The file is on the disk when the stream ends. */
export function privateFile(path: string): WriteStream {
  return createWriteStream(path, { flags: 'wx', mode: 0o600, flush: true });
}

async function refuseExisting(path: string): Promise<void> {
  const isThere = await access(path, constants.F_OK).then(
    () => true,
    () => false,
  );
  if (isThere)
    throw new WarmstartError('INVALID_CONFIGURATION', `${path} is there already; name another file, or use --force`);
}
