import type { Database } from '../store/database.ts';
import { externalIdFault } from './external-id.ts';
import { inputFault, notFoundFault } from './input-fault.ts';

/**
 * Erases a user, by the client's id, with all interactions. Model versions stay as they were trained: with factors of users
 * their vocabularies have the ids of those whom they learned from.
 * Throws BAD_USER_INPUT for an id that cannot be, and USER_NOT_FOUND.
 */
export async function deleteUser(database: Database, user: string): Promise<void> {
  const fault = externalIdFault(user);
  if (fault) throw inputFault(['user'], fault);
  const { count } = await database.user.deleteMany({ where: { externalId: user } });
  if (count === 0) throw notFoundFault(['user'], 'user', user);
}
