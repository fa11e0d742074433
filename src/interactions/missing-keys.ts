import type { PoolClient } from 'pg';
import type { InteractionRecord } from '../datasets/dataset.ts';
import { copyInto, copyLine } from '../store/copy.ts';
import type { CatalogKeys } from './catalog-keys.ts';

type Kind = 'users' | 'items';

/** What `create` did with the users or the items. */
export interface CreatedKeys {
  readonly added: number;
  /** The internal IDs of those that a client created in the meantime, by the ID that was drawn. */
  readonly replaced: ReadonlyMap<number, number>;
}

/**
 * Gives internal IDs to users and items that interactions name and the catalog lacks, and creates them at the end. All
 * are created at once, because changes of several rows lock them in the order of external IDs.
 */
export class MissingKeys {
  readonly #client: PoolClient;
  readonly #keys: CatalogKeys;
  /** Drawn internal IDs by external ID, in the order in which the dataset names them. */
  readonly #drawn: Record<Kind, Map<string, number>> = { users: new Map(), items: new Map() };

  constructor(client: PoolClient, keys: CatalogKeys) {
    this.#client = client;
    this.#keys = keys;
  }

  /** Draws internal IDs for the unknown users and items of these interactions, and adds them to the known ones. */
  async draw(interactions: readonly InteractionRecord[]): Promise<void> {
    await this.#drawFor('users', (interaction) => interaction.userId, interactions);
    await this.#drawFor('items', (interaction) => interaction.itemId, interactions);
  }

  /** Creates the users, or the items, whose title is their ID. */
  async create(kind: Kind): Promise<CreatedKeys> {
    const drawn = this.#drawn[kind];
    if (drawn.size === 0) return { added: 0, replaced: new Map() };
    await this.#client.query(`CREATE TEMP TABLE missing_${kind} (id int, external_id text) ON COMMIT DROP`);
    await copyInto(this.#client, `missing_${kind}`, linesOf(drawn));
    const [columns, values] = kind === 'items' ? [', title', ', external_id'] : ['', ''];
    const { rowCount } = await this.#client.query(`
      INSERT INTO ${kind} (id, external_id${columns}) SELECT id, external_id${values} FROM missing_${kind}
      ORDER BY external_id ON CONFLICT (external_id) DO NOTHING`);
    const { rows } = await this.#client.query<{ drawn: number; stored: number }>(`
      SELECT missing.id AS drawn, known.id AS stored
      FROM missing_${kind} AS missing JOIN ${kind} AS known USING (external_id) WHERE known.id <> missing.id`);
    return { added: rowCount ?? 0, replaced: new Map(rows.map(({ drawn, stored }) => [drawn, stored])) };
  }

  async #drawFor(
    kind: Kind,
    idOf: (interaction: InteractionRecord) => string,
    interactions: readonly InteractionRecord[],
  ): Promise<void> {
    const known = this.#keys[kind];
    const missing = [...new Set(interactions.map(idOf).filter((id) => !known.has(id)))];
    if (missing.length === 0) return;
    const { rows } = await this.#client.query<{ id: number }>(
      `SELECT nextval('${kind}_id_seq')::int AS id FROM generate_series(1, $1::int) ORDER BY id`,
      [missing.length],
    );
    for (const [index, externalId] of missing.entries()) {
      const { id } = rows[index] as { id: number };
      known.set(externalId, id);
      this.#drawn[kind].set(externalId, id);
    }
  }
}

/** Lines that are sent at once. */
const linesPerChunk = 5000;

async function* linesOf(drawn: ReadonlyMap<string, number>): AsyncGenerator<string> {
  let [chunk, lines] = ['', 0];
  for (const [externalId, id] of drawn) {
    chunk += copyLine([id, externalId]);
    if (++lines % linesPerChunk > 0) continue;
    yield chunk;
    chunk = '';
  }
  if (chunk !== '') yield chunk;
}
