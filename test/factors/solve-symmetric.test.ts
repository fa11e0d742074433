import { expect, test } from '@jest/globals';
import { solveSymmetric } from '../../src/factors/solve-symmetric.ts';
import { solveDense } from '../support/solve-dense.ts';

test.each([1, 2, 5, 9])('solves %i equations as Gaussian elimination does', (size) => {
  // The products of vectors with themselves, plus a diagonal, are positive definite.
  const vectors = Array.from({ length: size }, (_, row) =>
    Array.from({ length: size }, (_, at) => Math.sin(1 + 3.1 * row + 1.7 * at)),
  );
  const matrix = vectors.map((_, row) =>
    vectors.map((_, column) =>
      vectors.reduce((sum, vector) => sum + vector[row]! * vector[column]!, row === column ? 0.5 : 0),
    ),
  );
  const right = Array.from({ length: size }, (_, row) => Math.cos(2 * row));
  const solved = Float64Array.from(right);
  // What is above the diagonal is not read.
  const lower = matrix.map((row, at) => row.map((value, column) => (column > at ? Number.NaN : value)));
  solveSymmetric(Float64Array.from(lower.flat()), solved);
  for (const [row, value] of solveDense(matrix, right).entries()) expect(solved[row]).toBeCloseTo(value, 9);
});
