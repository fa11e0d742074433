import { throwErrors } from '../common/errors.ts';
import { type Database, sql, type User } from '../store/database.ts';
import { inOrderOf } from '../store/in-order.ts';
import { checkBatchSize, externalIdErrors } from './check-batch.ts';
import { featureErrorsOf, plainFeatures, type UncheckedFeatures } from './check-features.ts';
import { declaredFields } from './feature-fields.ts';
import { userColumns } from './users.ts';

export interface UserInput {
  readonly externalId: string;
  /** Default: no features. */
  readonly features?: UncheckedFeatures | null | undefined;
}

/**
 * Adds users, or replaces the features of existing users, all or none. Returns the users in the order of the input.
 * Throws BAD_USER_INPUT for every invalid ID and feature.
 */
export async function upsertUsers(database: Database, users: readonly UserInput[]): Promise<User[]> {
  checkBatchSize(['users'], users);
  const fields = await declaredFields(database);
  const featureErrors = featureErrorsOf(fields, 'user');
  throwErrors([
    ...externalIdErrors(['users'], users),
    ...users.flatMap(({ features }, index) => featureErrors(features ?? {}, ['users', index, 'features'])),
  ]);
  const plain = plainFeatures(fields, 'user');
  return storeUsers(
    database,
    users.map((user) => ({ ...user, features: plain(user.features) })),
  );
}

/**
 * New users get internal IDs in the order of the input. Rows are locked in the order of external IDs, like in all
 * changes of several rows, so that concurrent changes wait for each other instead of deadlocking.
 */
async function storeUsers(database: Database, users: readonly UserInput[]): Promise<User[]> {
  const entries = JSON.stringify(users.map((user, position) => ({ ...user, position })));
  const rows = await database.$queryRaw<User[]>(sql`
    WITH entries AS MATERIALIZED (
      SELECT coalesce(known_id, nextval('users_id_seq')) AS id, "externalId", features FROM (
        SELECT known.id AS known_id, entry.*
        FROM jsonb_to_recordset(${entries}::jsonb) AS entry(position int, "externalId" text, features jsonb)
          LEFT JOIN users AS known ON known.external_id = entry."externalId" ORDER BY position
      ) AS entry
    )
    INSERT INTO users (id, external_id, features) SELECT * FROM entries ORDER BY "externalId"
    ON CONFLICT (external_id) DO UPDATE SET features = EXCLUDED.features, updated_at = now()
    RETURNING ${userColumns}`);
  const ids = users.map(({ externalId }) => externalId);
  return inOrderOf(ids, rows, ({ externalId }) => externalId) as User[];
}
