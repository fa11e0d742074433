/**
 * Solves `matrix · x = right` for a symmetric positive definite matrix `[size, size]` by Cholesky decomposition, in place:
 * `right` becomes x. Only the lower triangle is read, and it is overwritten.
 */
export function solveSymmetric(matrix: Float64Array, right: Float64Array): void {
  const size = right.length;
  decompose(matrix, size);
  for (let row = 0; row < size; row++) {
    const start = row * size;
    let rest = right[row]!;
    for (let at = 0; at < row; at++) rest -= matrix[start + at]! * right[at]!;
    right[row] = rest / matrix[start + row]!;
  }
  for (let row = size - 1; row >= 0; row--) {
    let rest = right[row]!;
    for (let at = row + 1; at < size; at++) rest -= matrix[at * size + row]! * right[at]!;
    right[row] = rest / matrix[row * size + row]!;
  }
}

/** Replaces the lower triangle by L with `L·Lᵀ = matrix`. */
function decompose(matrix: Float64Array, size: number): void {
  for (let row = 0; row < size; row++) {
    const start = row * size;
    for (let column = 0; column <= row; column++) {
      const other = column * size;
      let rest = matrix[start + column]!;
      for (let at = 0; at < column; at++) rest -= matrix[start + at]! * matrix[other + at]!;
      matrix[start + column] = row === column ? Math.sqrt(rest) : rest / matrix[other + column]!;
    }
  }
}
