import { mapInPieces, type Pieces, sortInPieces } from '../common/pieces.ts';
import { type FeatureField, type Features, type FittedField, featureOf } from './feature-schema.ts';
import { principalDirections, productOf } from './principal-directions.ts';
import { directedVector } from './vectors.ts';

/** Maximum number of directions of a vector field. The cost of a model grows with it. */
const maxDirections = 32;
/** Vectors that a field is fitted to. More hardly change the directions. */
const maxFitted = 2048;
/** Significant digits of the projection: it is a part of every schema, and of its hash. */
const digits = 6;

/**
 * Returns how a vector field is read: its values have length 1 and are projected on the directions in which those of the
 * training rows differ most. One deviation divides all coordinates, so that they keep their proportions: it is the root
 * of their mean square. Of many rows, some are read, whatever their order.
 */
export function* fitVectors(field: FeatureField, rows: readonly Features[]): Pieces<FittedField> {
  const { width = 1 } = field;
  const values = yield* mapInPieces(rows, (row) => directedVector(field, featureOf(row, field.name)));
  const vectors = yield* sampleOf(values.filter((vector) => vector !== undefined));
  const units = yield* mapInPieces(vectors, unitOf);
  const center = yield* meanOf(units, width);
  const centered = yield* mapInPieces(units, (unit) => unit.map((value, at) => value - (center[at] as number)));
  const found = yield* principalDirections(centered, Math.min(maxDirections, width));
  // Vectors that are all equal, or none at all, have coordinates of 0.
  const directions = found.length > 0 ? found : [new Float64Array(width)];
  const squares = yield* mapInPieces(centered, (row) =>
    directions.reduce((sum, direction) => sum + productOf(row, direction) ** 2, 0),
  );
  const meanSquare = squares.reduce((sum, square) => sum + square, 0) / Math.max(squares.length * directions.length, 1);
  return {
    ...{ entity: field.entity, name: field.name, kind: field.kind, width, vocabulary: [] },
    slots: directions.length,
    mean: 0,
    deviation: Math.sqrt(meanSquare) || 1,
    projection: { center: rounded(center), directions: directions.map(rounded) },
  };
}

/** Returns vectors at even distances in an order that does not depend on that of the rows. */
function* sampleOf(vectors: readonly (readonly number[])[]): Pieces<readonly (readonly number[])[]> {
  const sorted = yield* sortInPieces(vectors, compareVectors);
  if (sorted.length <= maxFitted) return sorted;
  return Array.from(
    { length: maxFitted },
    (_, place) => sorted[Math.floor((place * sorted.length) / maxFitted)] as readonly number[],
  );
}

function compareVectors(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, place) => value !== b[place]);
  return at < 0 ? 0 : (a[at] as number) - (b[at] as number);
}

/** Returns a vector divided by its length. */
function unitOf(vector: readonly number[]): Float64Array {
  const exact = Float64Array.from(vector);
  const length = Math.sqrt(productOf(exact, exact));
  return exact.map((value) => value / length);
}

function* meanOf(rows: readonly Float64Array[], width: number): Pieces<Float64Array> {
  const sum = new Float64Array(width);
  for (const row of rows) {
    for (let at = 0; at < width; at++) sum[at]! += row[at]!;
    yield;
  }
  return sum.map((value) => value / Math.max(rows.length, 1));
}

function rounded(values: Float64Array): number[] {
  return Array.from(values, (value) => Number(value.toPrecision(digits)));
}
