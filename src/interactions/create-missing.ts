import { type Connections, prepared } from '../store/prepared.ts';
import type { InteractionInput } from './check-interaction.ts';

/** Which of the rows that interactions name are created if they are missing. */
export interface Creation {
  readonly users: boolean;
  readonly items: boolean;
  /** Creates no item if the catalog would have more than this. Default: no maximum. */
  readonly maxItems?: number | undefined;
}

/** Rows are inserted in the order of external IDs, like in all changes of several rows. */
const insertUsers = prepared(
  'create missing users',
  `INSERT INTO users (external_id)
  SELECT id FROM (SELECT DISTINCT id FROM unnest($1::text[]) AS given(id)) AS given
  WHERE NOT EXISTS (SELECT FROM users WHERE external_id = given.id) ORDER BY id
  ON CONFLICT (external_id) DO NOTHING`,
);

const insertItems = prepared(
  'create missing items',
  `WITH missing AS MATERIALIZED (
    SELECT id FROM (SELECT DISTINCT id FROM unnest($1::text[]) AS given(id)) AS given
    WHERE NOT EXISTS (SELECT FROM items WHERE external_id = given.id)
  )
  INSERT INTO items (external_id, title) SELECT id, id FROM missing
  WHERE $2::int IS NULL OR (SELECT count(*) FROM items) + (SELECT count(*) FROM missing) <= $2 ORDER BY id
  ON CONFLICT (external_id) DO NOTHING`,
);

/**
 * Creates the users and items that validated interactions name and that are not stored: users without features, and
 * available items without features whose titles are their IDs.
 */
export async function createMissing(
  connections: Connections,
  inputs: readonly InteractionInput[],
  { users, items, maxItems }: Creation,
): Promise<void> {
  if (users) await insertUsers(connections, [inputs.map(({ user }) => user)]);
  if (items) await insertItems(connections, [inputs.map(({ item }) => item), maxItems ?? null]);
}
