import { inputError, notFound } from '../common/errors.ts';
import { type Database, sql, type User } from '../store/database.ts';
import { inOrder, inOrderOf } from '../store/in-order.ts';
import { checkExternalId, externalIdProblem } from './external-id.ts';

/** Columns of `users` as a `User` has them. */
export const userColumns = sql`users.id, users.external_id AS "externalId", users.features,
  users.created_at AS "createdAt", users.updated_at AS "updatedAt"`;

export async function findUser(database: Database, externalId: string): Promise<User | null> {
  checkExternalId('externalId', externalId);
  return database.user.findUnique({ where: { externalId } });
}

/** The users after `afterId`, at most `limit`, by internal id. */
export async function listUsers(database: Database, limit: number, afterId: number): Promise<User[]> {
  return database.user.findMany({ where: { id: { gt: afterId } }, orderBy: { id: 'asc' }, take: limit });
}

/** Users by internal id, in the order asked for; `null` where there is none. */
export async function usersById(database: Database, ids: readonly number[]): Promise<(User | null)[]> {
  return inOrder(ids, await database.user.findMany({ where: { id: { in: [...ids] } } }));
}

/** Users by the client's ids, which must be storable, in the order asked for; `null` where there is none. */
export async function usersByExternalId(
  database: Database,
  externalIds: readonly string[],
): Promise<(User | null)[]> {
  const rows = await database.user.findMany({ where: { externalId: { in: [...externalIds] } } });
  return inOrderOf(externalIds, rows, ({ externalId }) => externalId);
}

/**
 * Erases a user, by the client's id, with all interactions. Model versions stay as they were trained: with factors of users
 * their vocabularies have the ids of those whom they learned from.
 * Throws BAD_USER_INPUT for an id that cannot be, and USER_NOT_FOUND.
 */
export async function deleteUser(database: Database, user: string): Promise<void> {
  const fault = externalIdProblem(user);
  if (fault) throw inputError(['user'], fault);
  const { count } = await database.user.deleteMany({ where: { externalId: user } });
  if (count === 0) throw notFound('user', user, ['user']);
}
