import { type InteractionType, InteractionTypes } from '../features/interaction-types.ts';
import type { Database } from '../store/database.ts';

/** Selects the declared types of interactions, by the numbers that stand for them. */
export const selectTypes = `SELECT name, polarity::text, weight, positive_from AS "positiveFrom",
  counts_as_seen AS "countsAsSeen", counts_once AS "countsOnce", expires_after_days AS "expiresAfterDays"
  FROM interaction_types ORDER BY id`;

/** Returns the declared types of interactions. */
export async function declaredTypes(database: Database): Promise<InteractionTypes> {
  return new InteractionTypes(await database.$queryRawUnsafe<InteractionType[]>(selectTypes));
}
