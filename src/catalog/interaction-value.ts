import type { RatingScale } from '../config.ts';
import type { InteractionType } from '../store/database.ts';

/** Why an interaction of this type cannot have this value, or `undefined` when it can. */
export function interactionValueFault(
  { minimum, maximum }: RatingScale,
  type: InteractionType,
  value: number | null | undefined,
): string | undefined {
  if (value != null && !Number.isFinite(value)) return `expected a finite number, got ${value}`;
  if (type !== 'RATE') return undefined;
  if (value == null) return 'a RATE interaction needs the rating as its value';
  if (value >= minimum && value <= maximum) return undefined;
  return `a rating lies between ${minimum} and ${maximum}, got ${value}`;
}
