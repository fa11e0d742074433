import type { FeatureField, FeatureValue } from './feature-schema.ts';

/** Maximum number of numbers of a vector. */
export const maxWidth = 4096;

/** Powers of ten: numbers are rounded to so many decimals. */
const powers = [6, 7, 8, 9, 10, 11, 12].map((decimals) => 10 ** decimals);

/**
 * Returns a number as vectors have it: rounded to 32 bits, and then to as few decimals as have the same 32 bits. It is
 * short to store and to send, and stays the same when it comes back from an array of 32-bit numbers.
 */
export function singlePrecision(number: number): number {
  const single = Math.fround(number);
  for (const power of powers) {
    const short = Math.round(single * power) / power;
    if (Math.fround(short) === single) return short;
  }
  return single;
}

/** Whether a value is a list of numbers. An empty list is none. */
export function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.length > 0 && value.every((number) => typeof number === 'number');
}

/** Whether a value is a vector of a field's width, of finite numbers. */
export function isVectorOf({ width }: Pick<FeatureField, 'width'>, value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.length === width && value.every(Number.isFinite);
}

/** Whether a vector has a direction. One of zeros has none, so it counts as missing. */
export function hasDirection(vector: readonly number[]): boolean {
  return vector.some((number) => Math.fround(number) !== 0);
}

/** Returns the numbers of a value of a vector field; `undefined` if it is missing, or of another kind or width. */
export function directedVector(
  field: Pick<FeatureField, 'width'>,
  value: FeatureValue | undefined,
): readonly number[] | undefined {
  return isVectorOf(field, value) && hasDirection(value) ? value : undefined;
}
