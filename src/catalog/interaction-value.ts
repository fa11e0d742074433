import type { InteractionType } from '../store/database.ts';

/** The range of ratings. */
export interface RatingScale {
  readonly minimum: number;
  readonly maximum: number;
}

/** Returns why an interaction of this type cannot have this value, or `undefined` if it can. */
export function interactionValueProblem(
  { minimum, maximum }: RatingScale,
  type: InteractionType,
  value: number | null | undefined,
): string | undefined {
  if (value != null && !Number.isFinite(value)) return `expected a finite number, got ${value}`;
  if (type !== 'RATE') return undefined;
  if (value == null) return 'expected the rating as the value of a RATE interaction, got none';
  if (value >= minimum && value <= maximum) return undefined;
  return `expected a rating from ${minimum} to ${maximum}, got ${value}`;
}
