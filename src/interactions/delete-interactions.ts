import { checkBatchSize } from '../catalog/check-batch.ts';
import { notFound, throwErrors } from '../common/errors.ts';
import { type Database, sql } from '../store/database.ts';
import { type InteractionKey, interactionsByKey } from './find-interactions.ts';

/**
 * Deletes interactions, all or none. `undefined` stands for an ID that no interaction can have. The users are locked in
 * the order of external IDs, like in all changes of several rows. Popularity no longer counts the interactions.
 *
 * Throws BAD_USER_INPUT if there are too many or none, and INTERACTION_NOT_FOUND for every unknown interaction.
 */
export async function deleteInteractions(
  database: Database,
  interactions: readonly (InteractionKey | undefined)[],
): Promise<void> {
  checkBatchSize(['interactions'], interactions);
  const missing = (isMissing: (index: number) => boolean) =>
    interactions.flatMap((_, index) =>
      isMissing(index) ? [notFound('interaction', undefined, ['interactions', index])] : [],
    );
  throwErrors(missing((index) => interactions[index] === undefined));
  const keys = interactions as readonly InteractionKey[];
  if (await deleteAll(database, distinct(keys))) return;
  const known = await interactionsByKey(database, keys);
  throwErrors(missing((index) => known[index] === null));
  // The missing interactions were being recorded.
  return deleteInteractions(database, interactions);
}

function distinct(keys: readonly InteractionKey[]): InteractionKey[] {
  return [...new Map(keys.map((key) => [`${key.userId}:${key.id}`, key])).values()];
}

/** Returns whether all of them existed, and deletes nothing otherwise. */
async function deleteAll(database: Database, keys: readonly InteractionKey[]): Promise<boolean> {
  const deleted = await database.$executeRaw(sql`
    WITH entries AS MATERIALIZED (
      SELECT * FROM unnest(${keys.map(({ userId }) => userId)}::int[], ${keys.map(({ id }) => id)}::bigint[])
        AS entry(user_id, id)
    ), owners AS MATERIALIZED (
      SELECT id FROM users WHERE id IN (SELECT user_id FROM entries) ORDER BY external_id FOR NO KEY UPDATE
    ), found AS MATERIALIZED (
      SELECT user_id, id FROM interactions WHERE (user_id, id) IN (SELECT user_id, id FROM entries)
        AND user_id IN (SELECT id FROM owners)
    )
    DELETE FROM interactions WHERE (user_id, id) IN (SELECT user_id, id FROM found)
      AND (SELECT count(*) FROM found) = ${keys.length}`);
  return deleted === keys.length;
}
