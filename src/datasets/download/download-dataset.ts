import { mkdir, mkdtemp, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { WarmstartError } from '../../common/errors.ts';
import { type DownloadOptions, downloadFile } from './download-file.ts';
import type { PublishedArchive } from './published-archives.ts';
import { unpackArchive } from './unpack-archive.ts';

/** From where, and to where, a dataset is downloaded. */
export interface DatasetDownload {
  readonly archive: PublishedArchive;
  /** The folder of the server that has the ZIP file. It ends with a slash. */
  readonly from: string;
  /** The folder for the files. It must be empty if it exists. */
  readonly to: string;
}

/**
 * Downloads the ZIP file of a dataset, verifies its MD5 and unpacks it. The folder appears when it is complete: what breaks
 * off leaves nothing there.
 *
 * Throws INVALID_CONFIGURATION if there are files in the folder already, or if it cannot be made. Throws INVALID_DATA if
 * the ZIP file cannot be downloaded, has another MD5, or cannot be unpacked; the message says how to get it by hand.
 * Throws the signal's reason when it aborts.
 */
export async function downloadDataset(download: DatasetDownload, options: DownloadOptions = {}): Promise<void> {
  const target = resolve(download.to);
  await checkEmpty(target);
  const work = await workFolder(target);
  try {
    const files = join(work, 'files');
    await mkdir(files);
    await fetchInto(files, download, join(work, download.archive.file), options);
    await moveTo(target, files);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function fetchInto(
  files: string,
  { archive, from, to }: DatasetDownload,
  zip: string,
  options: DownloadOptions,
): Promise<void> {
  const url = new URL(archive.file, from);
  try {
    const md5 = await downloadFile(url, zip, options);
    if (md5 !== archive.md5) throw new Error(`expected a file with the MD5 ${archive.md5}, got one with ${md5}`);
    await unpackArchive(zip, archive.folder, files, options.signal);
  } catch (error) {
    options.signal?.throwIfAborted();
    throw new WarmstartError('INVALID_DATA', `${url}: ${(error as Error).message}; ${byHand(url, archive, to)}`, {
      cause: error,
    });
  }
}

function byHand(url: URL, { file, md5, reads }: PublishedArchive, to: string): string {
  const names = `${reads.slice(0, -1).join(', ')} and ${reads.at(-1)}`;
  return `try again, or fetch ${url} by hand, check that the MD5 of ${file} is ${md5}, and put its files ${names} into ${resolve(to)}`;
}

/** A folder that does not exist is empty. */
async function checkEmpty(target: string): Promise<void> {
  const names = await readdir(target).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw cannotWrite(target, error);
  });
  if (names.length === 0) return;
  throw new WarmstartError(
    'INVALID_CONFIGURATION',
    `--to: expected a folder without files, got ${target} with ${names[0]}; name another folder, or use what is there`,
  );
}

/** The folder is beside the target, since a folder can only be moved at once on the same disk. */
async function workFolder(target: string): Promise<string> {
  try {
    await mkdir(dirname(target), { recursive: true });
    return await mkdtemp(join(dirname(target), `.${basename(target)}-download-`));
  } catch (error) {
    throw cannotWrite(target, error as Error);
  }
}

async function moveTo(target: string, files: string): Promise<void> {
  try {
    // Some systems do not move a folder over an empty one.
    await rmdir(target).catch(() => {});
    await rename(files, target);
  } catch (error) {
    throw cannotWrite(target, error as Error);
  }
}

function cannotWrite(target: string, cause: Error): WarmstartError {
  return new WarmstartError(
    'INVALID_CONFIGURATION',
    `--to: expected a folder that can be made, got ${target}: ${cause.message}`,
    { cause },
  );
}
