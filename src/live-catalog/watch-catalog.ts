import { setInterval } from 'node:timers';
import { listen } from '../store/listen.ts';
import type { LiveCatalog } from './live-catalog.ts';

/** Maximum time until a change counts on every server. Changes other than of popularity wake the servers at once. */
const refreshMilliseconds = 1000;
const forgetMilliseconds = 60_000;

export interface CatalogWatch {
  /** Stops watching. The reading in progress still ends. */
  close(): Promise<void>;
}

/**
 * Refreshes a catalog every second, and whenever PostgreSQL notifies of a change. `onError` is called when a reading
 * fails; the next one tries again.
 */
export function watchCatalog(
  catalog: LiveCatalog,
  connection: Parameters<typeof listen>[0],
  onError: (error: unknown) => void,
): CatalogWatch {
  let refreshing: Promise<void> = Promise.resolve();
  const refresh = () => {
    refreshing = catalog.refresh().catch(onError);
  };
  const forget = () => void catalog.forgetOldChanges().catch(onError);
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
