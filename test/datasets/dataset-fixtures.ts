import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from '@jest/globals';
import type { Batch, Reject, Sourced } from '../../src/datasets/dataset.ts';

type Stream<T> = (onReject: (reject: Reject) => void) => AsyncIterable<Batch<T>>;

const folders: string[] = [];

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

/** Creates a folder with these files, given as contents by name. The folder is deleted after the test. */
export async function folderWith(files: Readonly<Record<string, string | Buffer>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'warmstart-datasets-'));
  folders.push(folder);
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return folder;
}

export interface Collected<T> {
  readonly rows: Sourced<T>[];
  readonly records: T[];
  readonly rejects: Reject[];
  readonly bytes: number;
}

/** Reads a stream to its end. */
export async function collect<T>(stream: Stream<T>): Promise<Collected<T>> {
  const rows: Sourced<T>[] = [];
  const rejects: Reject[] = [];
  let bytes = 0;
  for await (const batch of stream((reject) => rejects.push(reject))) {
    for (const row of batch.rows) rows.push(row);
    bytes += batch.bytes;
  }
  return { rows, records: rows.map(({ record }) => record), rejects, bytes };
}
