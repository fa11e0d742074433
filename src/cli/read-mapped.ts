import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import type { ReadTablesOptions } from '../pipeline/read-stored-tables.ts';
import { loadWithProgress } from './import-command.ts';
import { openMappedFiles } from './mapping-file.ts';
import { openStore } from './open-store.ts';
import { readTablesOf, type StoredData } from './read-stored.ts';

/** The database of files that are read to be measured. */
const scratch = 'warmstart_evaluate';
const rejects = join(tmpdir(), `warmstart-evaluate-rejects-${process.pid}.csv`);

/**
 * Reads files as a mapping says, through a database of their own, which is emptied again. What is measured is therefore
 * what an import with `--create-missing` would store.
 */
export async function readMapped(
  config: Config,
  { data, map }: { readonly data: string; readonly map: string },
  histories: ReadTablesOptions,
): Promise<StoredData> {
  const dataset = await openMappedFiles([data], map, config.ratingScale);
  const store = await openStore(config, { scratch });
  try {
    const options = { strict: false, dryRun: false, createMissing: true, rejects };
    const { rejected } = await loadWithProgress(store.pool, dataset, config, options);
    if (rejected > 0) process.stderr.write(`rejected rows: ${rejected}; ${rejects} has the reasons\n`);
    const read = await readTablesOf(store.database, histories);
    return { ...read, place: dataset.title };
  } finally {
    await store.pool.query('TRUNCATE users, items, scenarios, feature_fields CASCADE').catch(() => {});
    await store.close();
  }
}
