import { open } from 'node:fs/promises';
import { WarmstartError } from '../common/errors.ts';

/** Whether a file is one of `pg_dump`, by its name. */
export function isDump(path: string): boolean {
  return path.endsWith('.dump');
}

/** The first bytes of a file that `pg_dump -Fc` has written. */
const magic = 'PGDMP';

/** Throws INVALID_DATA if a file is one of `pg_dump` although its name does not say so. */
export async function refuseUnnamedDump(path: string): Promise<void> {
  if (isDump(path) || (await startOf(path, magic.length)) !== magic) return;
  const message = `expected a name that ends with .dump for a file of pg_dump, got ${path}; nothing was changed; rename it to ${path}.dump and restore that`;
  throw new WarmstartError('INVALID_DATA', message);
}

/** Returns the first bytes of a file as text; none if it cannot be read, which is an error later. */
async function startOf(path: string, length: number): Promise<string> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return '';
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length));
    return buffer.toString('latin1', 0, bytesRead);
  } catch {
    return '';
  } finally {
    await file.close();
  }
}
