import type { PoolClient } from 'pg';
import { copyInto } from '../store/copy.ts';
import type { KnownInteraction } from './known-interactions.ts';
import type { ReplacedKey } from './missing-keys.ts';

/** Characters that are sent at once: enough that the start of a COPY costs little, and few enough for the memory. */
const charactersPerCopy = 2 ** 20;

/** A part of the sorted interactions that one transaction stores. */
export interface StagedBatch {
  readonly batch: number;
  readonly piece: number;
  readonly rows: number;
}

/**
 * Interactions of some users in temporary tables of one connection, which PostgreSQL drops if the process is killed.
 * First they are in the order in which they are added, in `staged_interactions`. `sort` moves them to
 * `sorted_interactions`, with these columns beside those of an interaction:
 *
 * - `place`: the position in the order of users, and of each user's times. Interactions without a time come last, as if
 *   they happened now. Those with the same time, or without any, keep their order.
 * - `batch` and `piece`: in which transaction the row is stored. A batch has whole users. If the last user of a batch has
 *   more interactions than a transaction stores, they are cut into pieces.
 */
export class StagingTable {
  readonly client: PoolClient;
  #created = false;
  #chunk = '';
  #sent: Promise<void> = Promise.resolve();

  constructor(client: PoolClient) {
    this.client = client;
  }

  /** Adds an interaction. `position` is that of its row in the dataset. */
  add({ userId, itemId, scenarioId, type, value, time }: KnownInteraction, position: number): void {
    // None of these needs to be escaped. PostgreSQL reads a number faster than a time.
    this.#chunk += `${position}\t${userId}\t${itemId}\t${scenarioId ?? '\\N'}\t${type}\t${value ?? '\\N'}\t${time?.getTime() ?? '\\N'}\n`;
  }

  /** Sends what was added if it is enough. Waits for what was sent before, so that the memory is bounded. */
  async sendIfEnough(): Promise<void> {
    if (this.#chunk.length >= charactersPerCopy) await this.#send();
  }

  /** Sends the rest. */
  async end(): Promise<void> {
    if (this.#chunk !== '') await this.#send();
    await this.#sent;
  }

  /** Replaces the IDs of users or of items. */
  async replace(kind: 'users' | 'items', keys: readonly ReplacedKey[]): Promise<void> {
    if (keys.length === 0 || !this.#created) return;
    const column = kind === 'users' ? 'user_id' : 'item_id';
    await this.client.query(
      `UPDATE staged_interactions SET ${column} = stored
      FROM unnest($1::int[], $2::int[]) AS replaced(drawn, stored) WHERE ${column} = drawn`,
      [keys.map(({ drawn }) => drawn), keys.map(({ stored }) => stored)],
    );
  }

  /** Sorts the interactions, and returns their batches in order. A batch has about `rows` interactions. */
  async sort(rows: number): Promise<StagedBatch[]> {
    if (!this.#created) return [];
    await this.client.query(sortInto(rows));
    const { rows: batches } = await this.client.query<StagedBatch>(
      'SELECT batch, piece, count(*)::int AS rows FROM sorted_interactions GROUP BY batch, piece ORDER BY batch, piece',
    );
    return batches;
  }

  async drop(): Promise<void> {
    if (this.#created) await this.client.query('DROP TABLE IF EXISTS staged_interactions, sorted_interactions');
  }

  async #send(): Promise<void> {
    await this.#sent;
    if (!this.#created) await this.#create();
    this.#sent = copyInto(this.client, 'staged_interactions', once(this.#chunk));
    // It is awaited before the next chunk.
    this.#sent.catch(() => {});
    this.#chunk = '';
  }

  async #create(): Promise<void> {
    await this.client.query(`CREATE TEMP TABLE staged_interactions (position bigint, user_id int, item_id int,
      scenario_id int, type interaction_type, value float8, milliseconds bigint)`);
    this.#created = true;
  }
}

/** One sort serves both numbers, since users come first in it. */
function sortInto(rows: number): string {
  return `
    SET work_mem = '64MB';
    CREATE TEMP TABLE sorted_interactions AS
    SELECT place, (first / ${rows})::int AS batch, ((place - first) / ${rows})::int AS piece, user_id, item_id,
      scenario_id, type, value, (timestamptz 'epoch' + milliseconds * interval '1 millisecond')::timestamptz(3) AS time
    FROM (
      SELECT *, rank() OVER (ORDER BY user_id) - 1 AS first,
        row_number() OVER (ORDER BY user_id, milliseconds, position) - 1 AS place FROM staged_interactions
    ) AS numbered;
    RESET work_mem;
    DROP TABLE staged_interactions;
    CREATE INDEX ON sorted_interactions (batch, piece);
    ANALYZE sorted_interactions`;
}

async function* once(chunk: string): AsyncGenerator<string> {
  yield chunk;
}
