/** Returns the n-th largest of the values, counted from 1; −∞ if fewer of them are larger than −∞. */
export function nthLargest(values: Float32Array, n: number): number {
  // Cutting off the rest whenever four times as many are kept takes constant time for each value.
  const kept = new Float32Array(4 * n);
  let size = 0;
  let floor = -Infinity;
  for (let at = 0; at < values.length; at++) {
    const value = values[at]!;
    if (value <= floor) continue;
    kept[size++] = value;
    if (size < kept.length) continue;
    floor = select(kept, size, n);
    size = n;
  }
  return size < n ? -Infinity : select(kept, size, n);
}

/** Moves the n largest of the first `size` values to the front, by Hoare's selection, and returns the n-th. */
function select(values: Float32Array, size: number, n: number): number {
  let [left, right] = [0, size - 1];
  while (left < right) {
    const pivot = values[(left + right) >> 1]!;
    let [from, to] = [left, right];
    while (from <= to) {
      while (values[from]! > pivot) from++;
      while (values[to]! < pivot) to--;
      if (from > to) break;
      const value = values[from]!;
      values[from++] = values[to]!;
      values[to--] = value;
    }
    if (n - 1 <= to) right = to;
    else if (n - 1 >= from) left = from;
    else break;
  }
  return values[n - 1]!;
}
