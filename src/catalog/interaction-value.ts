import { quote } from '../common/errors.ts';
import { type DefaultTypeName, type InteractionTypes, rating } from '../features/interaction-types.ts';
import { type Sql, sql } from '../store/database.ts';

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
 * Returns the SQL condition that the latest opinion of a group of the view `opinions`, such as those of a user about an
 * item, is a like. Ratings are likes from `from` on.
 */
export function isLatestPositive(from: number): Sql {
  return sql`(array_agg(CASE type WHEN ${rating} THEN value >= ${from}::float8 ELSE opinion > 0 END
    ORDER BY occurred_at DESC, id DESC))[1]`;
}

/**
 * The largest absolute value of an interaction: enough for a price in any currency or a time in milliseconds, and so
 * small that sums of squares do not overflow. The database has the same limit.
 */
export const largestValue = 1e12;

/** The type whose values are shares. */
const play: DefaultTypeName = 'PLAY';

/** Returns why an interaction cannot have this type, or `undefined` if it can. */
export function interactionTypeProblem(types: InteractionTypes, name: string): string | undefined {
  if (types.indexOf(name) !== undefined) return undefined;
  return `expected a declared type (${types.names.join(', ')}), got ${quote(name)}; declare it with declareInteractionTypes`;
}

/** Returns why an interaction of this type cannot have this value, or `undefined` if it can. */
export function interactionValueProblem(
  { minimum, maximum }: RatingScale,
  type: string,
  value: number | null | undefined,
): string | undefined {
  if (value == null)
    return type === rating ? 'expected the rating as the value of a RATE interaction, got none' : undefined;
  if (type === rating && !(value >= minimum && value <= maximum))
    return `expected a rating from ${minimum} to ${maximum}, got ${value}`;
  if (type === play && !(value >= 0 && value <= 1))
    return `expected the share that was played as the value of a PLAY interaction, from 0 to 1, got ${value}; divide percentages by 100, and seconds by the duration`;
  if (type !== rating && !(value >= 0 && value <= largestValue))
    return `expected a value from 0 to ${largestValue}, got ${value}`;
  return undefined;
}
