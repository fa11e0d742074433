import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { openPromise, type ZipFile } from 'yauzl';

/**
 * Writes the files that a ZIP file has in a folder into another folder, which must exist. Throws an error before it writes
 * anything outside: if the ZIP file has a file in another folder, or one with another path than a plain name. A file of
 * the archive is never a link.
 */
export async function unpackArchive(
  archive: string,
  folder: string,
  into: string,
  signal?: AbortSignal,
): Promise<void> {
  const zip = await openPromise(archive, { autoClose: false });
  try {
    await unpack(zip, folder, into, signal);
  } finally {
    zip.close();
  }
}

async function unpack(zip: ZipFile, folder: string, into: string, signal: AbortSignal | undefined): Promise<void> {
  for await (const entry of zip.eachEntry()) {
    const name = nameIn(folder, entry.fileName);
    if (name === undefined) continue;
    const content = await zip.openReadStreamPromise(entry);
    await pipeline(content, createWriteStream(join(into, name), { flags: 'wx' }), signal ? { signal } : {});
  }
}

/** Returns the name of a file in the folder, and `undefined` for the folder itself. */
function nameIn(folder: string, path: string): string | undefined {
  const name = path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : '/';
  if (name === '') return undefined;
  if (/^[\w-][\w.-]*$/.test(name)) return name;
  throw new Error(`expected only files in the folder ${folder}, got ${JSON.stringify(path)}`);
}
