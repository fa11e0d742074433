/*
 * The inner loops. Sums are in float64 and in four parts, so that an addition does not wait for the one before it.
 * Each function always gets the same types of arrays, so that V8 compiles it to plain loads and stores.
 */

/** `vector · row`, where the row starts at `start` in `data`. */
export function dotRow(vector: Float64Array, data: Float32Array, start: number, width: number): number {
  const unrolled = width & ~3;
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let at = 0;
  for (; at < unrolled; at += 4) {
    a += vector[at]! * data[start + at]!;
    b += vector[at + 1]! * data[start + at + 1]!;
    c += vector[at + 2]! * data[start + at + 2]!;
    d += vector[at + 3]! * data[start + at + 3]!;
  }
  for (; at < width; at++) a += vector[at]! * data[start + at]!;
  return a + b + (c + d);
}

/** `vector += scale · row`, where the row starts at `start` in `data`. */
export function addRow(vector: Float64Array, scale: number, data: Float32Array, start: number, width: number): void {
  const unrolled = width & ~3;
  let at = 0;
  for (; at < unrolled; at += 4) {
    vector[at]! += scale * data[start + at]!;
    vector[at + 1]! += scale * data[start + at + 1]!;
    vector[at + 2]! += scale * data[start + at + 2]!;
    vector[at + 3]! += scale * data[start + at + 3]!;
  }
  for (; at < width; at++) vector[at]! += scale * data[start + at]!;
}

/** `target = matrix · vector`, for a square matrix in row-major order. */
export function multiply(target: Float64Array, matrix: Float64Array, vector: Float64Array): void {
  const width = vector.length;
  const unrolled = width & ~3;
  for (let row = 0; row < width; row++) {
    const start = row * width;
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    let at = 0;
    for (; at < unrolled; at += 4) {
      a += matrix[start + at]! * vector[at]!;
      b += matrix[start + at + 1]! * vector[at + 1]!;
      c += matrix[start + at + 2]! * vector[at + 2]!;
      d += matrix[start + at + 3]! * vector[at + 3]!;
    }
    for (; at < width; at++) a += matrix[start + at]! * vector[at]!;
    target[row] = a + b + (c + d);
  }
}

export function dot(left: Float64Array, right: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < left.length; at++) sum += left[at]! * right[at]!;
  return sum;
}

/** `vector = row`, where the row starts at `start` in `data`. A view for each row would make millions of objects. */
export function loadRow(vector: Float64Array, data: Float32Array, start: number): void {
  for (let at = 0; at < vector.length; at++) vector[at] = data[start + at]!;
}
