import type { PoolClient } from 'pg';
import type { KnownInteraction } from './known-interactions.ts';

/** How many interactions have a name. */
type Counts = Map<string, number>;

/** The rows of a user so far: all of them, and those with the latest time. */
interface UserRows {
  readonly userId: number;
  readonly all: Counts;
  readonly latest: { readonly time: number | null; readonly rows: Counts };
}

/**
 * Tells which interactions of a dataset are not stored yet. Takes them by user, and those of a user in the order of time,
 * as `SortedInteractions` returns them.
 *
 * After a load, every interaction with the same user, item, type, value and time is stored at least as often as it is in
 * the dataset. A row without a time is the same as any stored one that is left. A rating that has changed is a new
 * interaction.
 */
export class NewInteractions {
  readonly #dataset: string;
  /** The last user of a batch, who can go on in the next one. */
  #last: UserRows | undefined;

  constructor(dataset: string) {
    this.#dataset = dataset;
  }

  /**
   * Returns those of a batch that are to be stored, in their order. The users must be locked, and what was returned for
   * earlier batches with the same user must be stored.
   */
  async of(client: PoolClient, batch: readonly KnownInteraction[]): Promise<readonly KnownInteraction[]> {
    const users = new Set(batch.map(({ userId }) => userId));
    const known = await this.#knownUsers(client, users);
    const counted = new Set(known);
    // A user who fills a batch alone can go on in the next one.
    if (users.size === 1 || (this.#last && users.has(this.#last.userId)))
      counted.add((batch[0] as KnownInteraction).userId);
    if (counted.size === 0) return batch;
    const stored = await this.#storedCopies(client, known, batch);
    return batch.filter((interaction) => !counted.has(interaction.userId) || this.#isNew(interaction, stored));
  }

  /** Counts an interaction. Returns whether fewer of its copies are stored than the dataset has so far. */
  #isNew(interaction: KnownInteraction, stored: Counts): boolean {
    const { userId, time } = interaction;
    const milliseconds = time?.getTime() ?? null;
    const { all, latest } = this.#rowsOf(userId, milliseconds);
    const name = nameOf(interaction, null);
    const copies = countOne(all, name);
    const named = nameOf(interaction, milliseconds);
    const isNew =
      milliseconds === null ? copies > countOf(stored, name) : countOne(latest.rows, named) > countOf(stored, named);
    if (isNew) countOne(stored, name);
    return isNew;
  }

  #rowsOf(userId: number, time: number | null): UserRows {
    const before = this.#last?.userId === userId ? this.#last : undefined;
    if (!before || before.latest.time !== time) {
      this.#last = { userId, all: before?.all ?? new Map(), latest: { time, rows: new Map() } };
    }
    return this.#last as UserRows;
  }

  /** Returns the users who have interactions of the dataset. */
  async #knownUsers(client: PoolClient, users: ReadonlySet<number>): Promise<number[]> {
    // PostgreSQL could turn EXISTS into a join that reads all interactions. It executes this for each user.
    const { rows } = await client.query<{ id: number }>(
      `SELECT id FROM unnest($1::int[]) AS batch(id)
      WHERE (SELECT TRUE FROM interactions WHERE user_id = batch.id AND dataset = $2 ORDER BY id LIMIT 1)`,
      [[...users], this.#dataset],
    );
    return rows.map(({ id }) => id);
  }

  /** Counts the stored interactions with the names of the batch: with the times of its rows, and at any time. */
  async #storedCopies(
    client: PoolClient,
    known: readonly number[],
    batch: readonly KnownInteraction[],
  ): Promise<Counts> {
    const stored: Counts = new Map();
    const knownUsers = new Set(known);
    const rows = batch.filter(({ userId }) => knownUsers.has(userId));
    const times = rows.flatMap(({ time }) => (time ? [time.getTime()] : []));
    if (times.length > 0) {
      // A user with very many interactions has only those of some time in a batch.
      const first = times.reduce((one, other) => Math.min(one, other));
      const last = times.reduce((one, other) => Math.max(one, other));
      await this.#count(client, stored, known, rows, { first, last });
    }
    if (times.length < rows.length) await this.#count(client, stored, known, rows);
    return stored;
  }

  async #count(
    client: PoolClient,
    stored: Counts,
    known: readonly number[],
    rows: readonly KnownInteraction[],
    period?: { readonly first: number; readonly last: number },
  ): Promise<void> {
    const time = period ? `date_part('epoch', occurred_at) * 1000` : 'NULL::float8';
    // IS TRUE prevents a join, which would read a user's interactions again for each of the user's rows in the batch.
    const { rows: groups } = await client.query<StoredGroup>(
      `SELECT user_id AS "userId", item_id AS "itemId", type::text, value, ${time} AS time, count(*)::int AS copies
      FROM interactions WHERE user_id = ANY($1) AND dataset = $2
        AND ((user_id, item_id) IN (SELECT * FROM unnest($3::int[], $4::int[]))) IS TRUE
        ${period ? 'AND occurred_at BETWEEN $5 AND $6' : ''} GROUP BY 1, 2, 3, 4, 5`,
      [
        known,
        this.#dataset,
        rows.map(({ userId }) => userId),
        rows.map(({ itemId }) => itemId),
        ...(period ? [new Date(period.first).toISOString(), new Date(period.last).toISOString()] : []),
      ],
    );
    for (const group of groups) {
      stored.set(nameOf(group, group.time === null ? null : Math.round(group.time)), group.copies);
    }
  }
}

interface StoredGroup extends Omit<KnownInteraction, 'time' | 'scenarioId'> {
  /** Milliseconds since 1970, `null` for all times. */
  readonly time: number | null;
  readonly copies: number;
}

/** The name of an interaction at a time, or at any time if it is `null`. */
function nameOf(
  { userId, itemId, type, value }: Omit<KnownInteraction, 'time' | 'scenarioId'>,
  time: number | null,
): string {
  return `${userId}:${itemId}:${type}:${value}:${time}`;
}

function countOf(counts: Counts, name: string): number {
  return counts.get(name) ?? 0;
}

function countOne(counts: Counts, name: string): number {
  const count = countOf(counts, name) + 1;
  counts.set(name, count);
  return count;
}
