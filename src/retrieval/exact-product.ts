/**
 * Returns the inner product of a vector and of numbers in 32 bits from `start` on. It is computed in 64 bits and rounded
 * to 32 bits, so that it is the same wherever the numbers are.
 */
export function exactProduct(vector: Float64Array, data: Float32Array, start: number): number {
  const width = vector.length;
  let [even, odd] = [0, 0];
  let column = 0;
  for (let at = start; column + 1 < width; at += 2, column += 2) {
    even += data[at]! * vector[column]!;
    odd += data[at + 1]! * vector[column + 1]!;
  }
  if (column < width) even += data[start + column]! * vector[column]!;
  return Math.fround(even + odd);
}

/** Returns the length of the vector of `width` numbers from `start` on; not a finite number if one of them is not. */
export function lengthOf(data: Float32Array, start = 0, width = data.length): number {
  let squares = 0;
  for (let at = start; at < start + width; at++) squares += data[at]! ** 2;
  return Math.sqrt(squares);
}
