import { type Connections, prepared } from '../store/prepared.ts';
import type { InteractionInput } from './check-interaction.ts';

/** Which of the rows that interactions name are created if they are missing. */
export interface Creation {
  readonly users: boolean;
  readonly items: boolean;
  /** Creates no item if the catalog would have more than this. Default: no maximum. */
  readonly maxItems?: number | undefined;
}

interface Found {
  readonly hasUser: boolean;
  readonly hasItem: boolean;
  /** Whether the scenario is stored, if there is one, and no interaction of the user has the idempotency key. */
  readonly canBeStored: boolean;
}

/** Takes the columns of the entries. Returns a row for each entry, in order. */
const find = prepared<Found>(
  'find what interactions name',
  `SELECT users.id IS NOT NULL AS "hasUser", items.id IS NOT NULL AS "hasItem",
    (scenario IS NULL OR EXISTS (SELECT FROM scenarios WHERE external_id = scenario))
      AND NOT EXISTS (SELECT FROM interactions WHERE user_id = users.id AND idempotency_key = key) AS "canBeStored"
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS entry(owner, item, scenario, key, position)
    LEFT JOIN users ON users.external_id = owner LEFT JOIN items ON items.external_id = item
  ORDER BY position`,
);

/** Rows are inserted in the order of external IDs, like in all changes of several rows. */
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

/** Takes users and the items of their interactions, which can still be missing if the catalog is full. */
const insertUsers = prepared(
  'create missing users',
  `INSERT INTO users (external_id)
  SELECT DISTINCT owner FROM unnest($1::text[], $2::text[]) AS given(owner, item)
  WHERE EXISTS (SELECT FROM items WHERE external_id = item) AND NOT EXISTS (SELECT FROM users WHERE external_id = owner)
  ORDER BY owner ON CONFLICT (external_id) DO NOTHING`,
);

/**
 * Creates the users and items that validated interactions name and that are not stored: users without features, and
 * available items without features whose titles are their IDs. An interaction creates nothing if it will be refused:
 * because its scenario is not stored, its idempotency key was used, or one of what is missing is not to be created.
 */
export async function createMissing(
  connections: Connections,
  inputs: readonly InteractionInput[],
  { users, items, maxItems }: Creation,
): Promise<void> {
  const found = await find(connections, [
    inputs.map(({ user }) => user),
    inputs.map(({ item }) => item),
    inputs.map(({ scenario }) => scenario ?? null),
    inputs.map(({ idempotencyKey }) => idempotencyKey ?? null),
  ]);
  const named = inputs.map((input, index) => ({ ...input, ...(found[index] as Found) }));
  const creating = withoutRepeatedKeys(
    named.filter(({ hasUser, hasItem, canBeStored }) => canBeStored && (users || hasUser) && (items || hasItem)),
  );
  const newItems = creating.filter(({ hasItem }) => !hasItem).map(({ item }) => item);
  if (newItems.length > 0) await insertItems(connections, [newItems, maxItems ?? null]);
  const ofNewUsers = creating.filter(({ hasUser }) => !hasUser);
  if (ofNewUsers.length > 0)
    await insertUsers(connections, [ofNewUsers.map(({ user }) => user), ofNewUsers.map(({ item }) => item)]);
}

/** Leaves out interactions with the user and the idempotency key of an earlier one, which is stored in their place. */
function withoutRepeatedKeys<Input extends InteractionInput>(inputs: readonly Input[]): Input[] {
  const seen = new Set<string>();
  return inputs.filter(({ user, idempotencyKey }) => {
    if (idempotencyKey == null) return true;
    // IDs and keys have no U+0000.
    const key = `${user}\0${idempotencyKey}`;
    return !seen.has(key) && seen.add(key);
  });
}
