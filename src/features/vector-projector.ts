import type { FittedField } from './feature-schema.ts';

/** Projects vectors by the fitted field of a schema. */
export class VectorProjector {
  readonly #width: number;
  readonly #deviation: number;
  /** `[slots, width]` */
  readonly #directions: Float64Array;
  /** The coordinates of the center, `[slots]`. */
  readonly #center: Float64Array;

  constructor({ width = 1, deviation, projection = { center: [], directions: [] } }: FittedField) {
    this.#width = width;
    this.#deviation = deviation;
    this.#directions = Float64Array.from(projection.directions.flat());
    this.#center = Float64Array.from(projection.directions, (direction) =>
      direction.reduce((sum, value, at) => sum + value * (projection.center[at] as number), 0),
    );
  }

  /** Writes the coordinates of a vector into `weights`, `[slots]`: `direction · (vector / length − center) / deviation`. */
  project(vector: readonly number[], weights: Float32Array): void {
    const width = this.#width;
    const exact = Float64Array.from(vector);
    let squares = 0;
    for (let at = 0; at < width; at++) squares += exact[at]! ** 2;
    const length = Math.sqrt(squares);
    for (let slot = 0; slot < weights.length; slot++) {
      let product = 0;
      for (let at = 0; at < width; at++) product += this.#directions[slot * width + at]! * exact[at]!;
      weights[slot] = (product / length - this.#center[slot]!) / this.#deviation;
    }
  }
}

/** Kept, because serving encodes one user at a time. */
const projectors = new WeakMap<FittedField, VectorProjector>();

/** Returns the projector of a field. */
export function projectorOf(field: FittedField): VectorProjector {
  const kept = projectors.get(field);
  if (kept) return kept;
  const projector = new VectorProjector(field);
  projectors.set(field, projector);
  return projector;
}
