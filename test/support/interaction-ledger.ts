import { setTimeout } from 'node:timers/promises';
import type pg from 'pg';
import type { Ask } from './server-client.ts';

/** The external IDs of stored users and items. */
export interface LedgerIds {
  readonly users: readonly string[];
  readonly items: readonly string[];
}

/** Those of a small catalog. */
const smallIds: LedgerIds = {
  users: Array.from({ length: 5 }, (_, index) => `u${index + 1}`),
  items: Array.from({ length: 20 }, (_, index) => `i${index + 1}`),
};

const retryMilliseconds = 50;

/**
 * Records interactions under idempotency keys of its own, and keeps which of them were acknowledged. Every request can
 * fail: the server or its database may be gone at any moment.
 */
export class InteractionLedger {
  readonly acknowledged = new Set<string>();
  readonly unacknowledged = new Set<string>();
  /** How many interactions were sent again. */
  retried = 0;
  #count = 0;
  readonly #ids: LedgerIds;

  constructor(ids: LedgerIds = smallIds) {
    this.#ids = ids;
  }

  /** Records new interactions one after the other until `signal` is aborted or a request is lost. */
  async record(ask: Ask, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) if (!(await this.#send(ask, this.#newKey()))) return;
  }

  /**
   * Records new interactions with so many clients until `signal` is aborted. Each sends an interaction again and again
   * until it is acknowledged.
   */
  recordAtOnce(clients: number, ask: Ask, signal: AbortSignal): Promise<unknown> {
    const recording = Promise.all(Array.from({ length: clients }, () => this.#recordPersistently(ask, signal)));
    // The caller does not have to wait for it at once.
    recording.catch(() => {});
    return recording;
  }

  /** Sends again what was not acknowledged, each twice at the same time. Returns whether all are acknowledged now. */
  async retry(ask: Ask): Promise<boolean> {
    this.retried += this.unacknowledged.size;
    for (const key of [...this.unacknowledged]) await Promise.all([this.#send(ask, key), this.#send(ask, key)]);
    return this.unacknowledged.size === 0;
  }

  /** Returns the keys that break the promise: acknowledged and missing, or stored more than once. */
  async faults(client: Pick<pg.Pool, 'query'>): Promise<{ lost: string[]; doubled: string[]; unknown: string[] }> {
    const { rows } = await client.query<{ key: string; times: number }>(
      `SELECT idempotency_key AS key, count(*)::int AS times FROM interactions
       WHERE idempotency_key IS NOT NULL GROUP BY 1`,
    );
    const stored = new Map(rows.map(({ key, times }) => [key, times]));
    return {
      lost: [...this.acknowledged].filter((key) => !stored.has(key)),
      doubled: [...stored].filter(([, times]) => times > 1).map(([key]) => key),
      unknown: [...stored.keys()].filter((key) => !this.acknowledged.has(key) && !this.unacknowledged.has(key)),
    };
  }

  async #recordPersistently(ask: Ask, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const key = this.#newKey();
      while (!(await this.#send(ask, key)) && !signal.aborted) {
        this.retried++;
        await setTimeout(retryMilliseconds);
      }
    }
  }

  #newKey(): string {
    const key = `key-${this.#count++}`;
    this.unacknowledged.add(key);
    return key;
  }

  /** Returns whether the interaction was acknowledged. */
  async #send(ask: Ask, key: string): Promise<boolean> {
    const number = Number(key.slice('key-'.length));
    const { users, items } = this.#ids;
    const interaction = {
      user: users[number % users.length],
      item: items[number % items.length],
      type: 'VIEW',
      idempotencyKey: key,
    };
    const answer = await ask(mutation, { interaction }).catch(() => undefined);
    const { results = [], userErrors = [] } = answer?.data?.recordInteractions ?? {};
    if (userErrors.length > 0) throw new Error(JSON.stringify(userErrors));
    if (!results[0]?.interaction) return false;
    this.unacknowledged.delete(key);
    this.acknowledged.add(key);
    return true;
  }
}

const mutation = `mutation ($interaction: InteractionInput!) {
  recordInteractions(input: { interactions: [$interaction] }) {
    results { recorded interaction { id } } userErrors { message } } }`;
