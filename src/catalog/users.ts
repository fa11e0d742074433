import { inputError, notFound } from '../common/errors.ts';
import { type Database, sql, type User } from '../store/database.ts';
import { inOrder, inOrderOf } from '../store/in-order.ts';
import { checkExternalId, externalIdProblem } from './external-id.ts';

/** The columns of `users`, with the names of a `User`. */
export const userColumns = sql`users.id, users.external_id AS "externalId", users.features,
  users.created_at AS "createdAt", users.updated_at AS "updatedAt"`;

export async function findUser(database: Database, externalId: string): Promise<User | null> {
  checkExternalId('externalId', externalId);
  return database.user.findUnique({ where: { externalId } });
}

/** Returns at most `limit` users after `afterId`, ordered by internal ID. */
export async function listUsers(database: Database, limit: number, afterId: number): Promise<User[]> {
  return database.user.findMany({ where: { id: { gt: afterId } }, orderBy: { id: 'asc' }, take: limit });
}

/** Returns users by internal ID, in the order of `ids`; `null` for an ID that no user has. */
export async function usersById(database: Database, ids: readonly number[]): Promise<(User | null)[]> {
  return inOrder(ids, await database.user.findMany({ where: { id: { in: [...ids] } } }));
}

/** Returns users by external ID, in the given order; `null` for an ID that no user has. The IDs must be valid. */
export async function usersByExternalId(database: Database, externalIds: readonly string[]): Promise<(User | null)[]> {
  const rows = await database.user.findMany({ where: { externalId: { in: [...externalIds] } } });
  return inOrderOf(externalIds, rows, ({ externalId }) => externalId);
}

/**
 * Erases a user, by external ID, with all interactions. Model versions do not change: a version with factors of users
 * still has the IDs of the users it was trained on in its vocabulary. Throws BAD_USER_INPUT for an invalid ID, and
 * USER_NOT_FOUND.
 */
export async function deleteUser(database: Database, user: string): Promise<void> {
  const problem = externalIdProblem(user);
  if (problem) throw inputError(['user'], problem);
  const { count } = await database.user.deleteMany({ where: { externalId: user } });
  if (count === 0) throw notFound('user', user, ['user']);
}
