import type { Pieces } from '../common/pieces.ts';
import { type NumberScale, standardizedNumber } from './feature-schema.ts';
import { fitNumberScale } from './fit-number-scale.ts';
import { isRatingType } from './interaction-types.ts';

/** Returns the value of an interaction that is no rating; `NaN` without one. */
export function amountOf(type: number, value: number | null): number {
  return value === null || isRatingType(type) ? Number.NaN : value;
}

/** Returns by how many standard deviations an amount is above the mean of its type; 0 for none, which is `NaN`. */
export function standardAmount(scale: NumberScale | undefined, amount: number): number {
  return scale === undefined || Number.isNaN(amount) ? 0 : standardizedNumber(scale, amount);
}

/** More amounts hardly change their scale. */
const maxFitted = 10_000;

/** Returns the scale of the amounts of a type, see `fitNumberScale`; `undefined` if all are equal, or there are none. */
export function* fitAmounts(amounts: readonly number[]): Pieces<NumberScale | undefined> {
  const count = Math.min(amounts.length, maxFitted);
  const some = Array.from({ length: count }, (_, at) => amounts[Math.floor((at * amounts.length) / count)] as number);
  if (some.every((amount) => amount === some[0])) return undefined;
  return yield* fitNumberScale(some);
}
