import { setInterval } from 'node:timers';
import { listen } from '../store/listen.ts';
import type { Connections } from '../store/prepared.ts';
import type { LiveCatalog } from './live-catalog.ts';
import { forgetMilliseconds, forgetOldChanges } from './read-changes.ts';

/** Maximum time until a change counts on every server. Changes other than of popularity wake the servers at once. */
const refreshMilliseconds = 1000;

export interface CatalogWatch {
  /** Stops watching. The reading in progress still ends. */
  close(): Promise<void>;
}

/**
 * Brings a catalog up to date every second, and whenever PostgreSQL notifies of a change. `onError` is called when a
 * reading fails; the next one tries again. Also deletes old changes from the log.
 */
export function watchCatalog(
  catalog: LiveCatalog,
  connection: Parameters<typeof listen>[0] & Connections,
  onError: (error: unknown) => void,
): CatalogWatch {
  let refreshing: Promise<void> = Promise.resolve();
  const refresh = () => {
    refreshing = catalog.catchUp().catch(onError);
  };
  const forget = () => void forgetOldChanges(connection).catch(onError);
  const timers = [setInterval(refresh, refreshMilliseconds), setInterval(forget, forgetMilliseconds)];
  for (const timer of timers) timer.unref();
  const listener = listen(connection, 'warmstart_changes', refresh);
  return {
    async close() {
      for (const timer of timers) clearInterval(timer);
      await listener.close();
      await refreshing;
    },
  };
}
