type NumberArray = Int32Array | Float64Array | Uint8Array;

/** Elements of a new column. */
const firstLength = 1024;

/**
 * Returns an array with room for the element `index`: the same array if it has, otherwise a copy that is half as long
 * again. New elements are `filler`.
 */
export function withRoomFor<T extends NumberArray>(array: T, index: number, filler = 0): T {
  if (index < array.length) return array;
  const length = Math.max(firstLength, index + 1, Math.ceil(array.length * 1.5));
  const grown = new (array.constructor as new (length: number) => T)(length);
  grown.set(array);
  if (filler !== 0) grown.fill(filler, array.length);
  return grown;
}
