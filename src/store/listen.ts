import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import pg from 'pg';

export interface Listener {
  close(): Promise<void>;
}

/** Time between two attempts to connect. */
const pauseMilliseconds = 1000;

/**
 * Calls `onNotified` when PostgreSQL notifies of something on a channel, and when the connection has been restored,
 * since notifications may have been missed. It has a connection of its own, with the options of the pool.
 */
export function listen({ options }: Pick<pg.Pool, 'options'>, channel: string, onNotified: () => void): Listener {
  const closing = new AbortController();
  const { signal } = closing;
  const listening = (async () => {
    while (!signal.aborted) {
      await listenOnce(new pg.Client({ ...options, application_name: 'warmstart listener' }), channel, {
        onNotified,
        signal,
      }).catch(() => setTimeout(pauseMilliseconds, undefined, { signal, ref: false }).catch(() => {}));
    }
  })();
  return {
    async close() {
      closing.abort();
      await listening;
    },
  };
}

interface Listening {
  readonly onNotified: () => void;
  readonly signal: AbortSignal;
}

/** Listens until the connection is lost or `signal` is aborted. Rejects if it cannot connect. */
async function listenOnce(client: pg.Client, channel: string, { onNotified, signal }: Listening): Promise<void> {
  // The wait below notices a lost connection.
  client.on('error', () => {});
  client.on('notification', onNotified);
  const lost = once(client, 'end', { signal }).catch(() => {});
  try {
    await client.connect();
    await client.query(`LISTEN ${pg.escapeIdentifier(channel)}`);
    onNotified();
    await lost;
  } finally {
    await client.end().catch(() => {});
  }
}
