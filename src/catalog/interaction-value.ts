import { type InteractionType, type Sql, sql } from '../store/database.ts';

/** The range of ratings. */
export interface RatingScale {
  readonly minimum: number;
  readonly maximum: number;
}

/** The share of the rating scale below the ratings that are positive. */
const positiveShare = 0.75;

/**
 * Returns the value from which a rating says that the user likes the item: three quarters of the way from the lowest
 * rating to the highest, which is 4 on a scale from 1 to 5.
 */
export function positiveFrom({ minimum, maximum }: RatingScale): number {
  return minimum + positiveShare * (maximum - minimum);
}

/**
 * Returns the condition that an interaction is positive, for a prepared statement: a rating of at least `from`, or of
 * another type. `from` is trusted SQL, such as a parameter.
 */
export function positiveSql(from: string): string {
  return `(type <> 'RATE' OR value >= ${from})`;
}

/**
 * The condition that popularity counts an interaction as positive, for a prepared statement. Like popularity, it goes by
 * the stored value of `positiveFrom`, see `countPositivesFrom`.
 */
export const countedPositiveSql = positiveSql('(SELECT lowest FROM positive_ratings)');

function isPositiveInteraction(from: number): Sql {
  return sql`(type <> 'RATE' OR value >= ${from}::float8)`;
}

/**
 * Returns the SQL condition that the latest interaction of a group, such as a user's interactions with an item, is
 * positive. A later interaction replaces an earlier one.
 */
export function isLatestPositive(from: number): Sql {
  return sql`coalesce(max(id) FILTER (WHERE ${isPositiveInteraction(from)}) = max(id), FALSE)`;
}

/**
 * The largest absolute value of an interaction: enough for a price in any currency or a time in milliseconds, and so
 * small that sums of squares do not overflow. The database has the same limit.
 */
export const largestValue = 1e12;

/** Returns why an interaction of this type cannot have this value, or `undefined` if it can. */
export function interactionValueProblem(
  { minimum, maximum }: RatingScale,
  type: InteractionType,
  value: number | null | undefined,
): string | undefined {
  if (type !== 'RATE') {
    if (value == null || (value >= 0 && value <= largestValue)) return undefined;
    return `expected a value from 0 to ${largestValue}, got ${value}`;
  }
  if (value == null) return 'expected the rating as the value of a RATE interaction, got none';
  if (value >= minimum && value <= maximum) return undefined;
  return `expected a rating from ${minimum} to ${maximum}, got ${value}`;
}
