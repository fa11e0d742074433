import type { Features } from '../features/feature-schema.ts';
import type { Database, InputJsonValue, User } from '../store/database.ts';
import { inOrder } from '../store/in-order.ts';
import { checkExternalId } from './external-id.ts';
import { checkFeatures, declaredFields } from './feature-fields.ts';

export async function findUser(database: Database, externalId: string): Promise<User | null> {
  checkExternalId('user id', externalId);
  return database.user.findUnique({ where: { externalId } });
}

/** Adds a user, or replaces the features of one. Throws BAD_USER_INPUT for a feature that is not declared or does not fit. */
export async function upsertUser(database: Database, externalId: string, features: Features): Promise<User> {
  checkExternalId('user id', externalId);
  checkFeatures(await declaredFields(database), 'user', features);
  const stored = features as InputJsonValue;
  return database.user.upsert({
    where: { externalId },
    create: { externalId, features: stored },
    update: { features: stored },
  });
}

/** Users by internal id, in the order asked for; `null` where there is none. */
export async function usersById(database: Database, ids: readonly number[]): Promise<(User | null)[]> {
  return inOrder(ids, await database.user.findMany({ where: { id: { in: [...ids] } } }));
}
