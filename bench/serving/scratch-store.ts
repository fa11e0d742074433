import pg from 'pg';
import { openStore, type Store } from '../../src/cli/open-store.ts';
import type { Config } from '../../src/config.ts';
import { type OnEnd, withCleanUp } from '../support/clean-up.ts';

/**
 * Runs `work` with an empty database. In the end, also after an error or Ctrl+C, what `work` has handed to `onEnd` is
 * stopped, the last first, and the database is dropped.
 */
export async function withScratchStore<T>(
  config: Config,
  name: string,
  work: (store: Store, onEnd: OnEnd) => Promise<T>,
): Promise<T> {
  const store = await openStore(config, { scratch: name });
  return withCleanUp(async (onEnd) => {
    onEnd(async () => {
      await dropDatabase(store.url);
      await store.close();
    });
    return work(store, onEnd);
  });
}

/** Also ends the connections of processes that still use it. */
async function dropDatabase(url: string): Promise<void> {
  const target = new URL(url);
  const name = decodeURIComponent(target.pathname.slice(1));
  target.pathname = '/postgres';
  const client = new pg.Client({ connectionString: target.href });
  await client.connect();
  try {
    await client.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)} WITH (FORCE)`);
  } finally {
    await client.end();
  }
}
