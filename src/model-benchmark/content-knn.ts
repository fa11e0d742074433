import type { EncodedFeatures } from '../features/encode-features.ts';
import { type FeatureSchema, fieldsOf, idField, readsNumbers, rowsOf } from '../features/feature-schema.ts';
import type { ScoringModel } from '../models/recommender.ts';
import type { TrainingData } from '../tasks/training-data.ts';

/**
 * Returns a baseline that knows only the features of items: the score of an item is the sum of the cosines between its
 * features and those of the items that the user likes. IDs and unknown categories are no features. Nothing is trained,
 * and the embedded items must be those of `data`.
 */
export function contentKnn({ schema, items }: Pick<TrainingData, 'schema' | 'items'>): ScoringModel {
  const features = new ItemFeatures(schema, items);
  return {
    schema,
    supportLimit: Infinity,
    support: 'positives',
    predictsLabels: false,
    embedUsers: async ({ rows }) => ({ rows, width: 1, data: new Float32Array(rows) }),
    // The embedding of an item is its row.
    embedItems: async ({ rows }) => ({ rows, width: 1, data: Float32Array.from({ length: rows }, (_, row) => row) }),
    // The sum of the unit vectors of the liked items.
    async adapt({ items: liked, labels }, earlier) {
      const state = earlier?.state.slice() ?? new Float32Array(features.width);
      for (const [pair, row] of liked.data.entries()) features.addTo(state, row, labels[pair] as number);
      return { state, pairs: (earlier?.pairs ?? 0) + liked.rows };
    },
    score: async ({ state }, _user, { data }) => data.map((row) => features.product(state, row)),
  };
}

/** The features of each item as a sparse vector of length 1, or 0 without features. */
class ItemFeatures {
  /** The number of embedding rows of items. */
  readonly width: number;
  readonly #slots: number;
  readonly #indices: Int32Array;
  readonly #weights: Float32Array;

  constructor(schema: FeatureSchema, { rows, slots, indices, weights }: EncodedFeatures) {
    const { ignored, width } = ignoredRows(schema);
    this.width = width;
    this.#slots = slots;
    this.#indices = indices;
    this.#weights = weights.map((weight, slot) => (ignored.has(indices[slot] as number) ? 0 : weight));
    for (let row = 0; row < rows; row++) {
      const own = this.#weights.subarray(row * slots, (row + 1) * slots);
      const length = Math.hypot(...own) || 1;
      for (const [slot, weight] of own.entries()) own[slot] = weight / length;
    }
  }

  addTo(sum: Float32Array, row: number, factor: number): void {
    for (let slot = row * this.#slots; slot < (row + 1) * this.#slots; slot++) {
      const index = this.#indices[slot] as number;
      sum[index] = (sum[index] as number) + factor * (this.#weights[slot] as number);
    }
  }

  product(vector: Float32Array, row: number): number {
    let product = 0;
    for (let slot = row * this.#slots; slot < (row + 1) * this.#slots; slot++) {
      product += (vector[this.#indices[slot] as number] as number) * (this.#weights[slot] as number);
    }
    return product;
  }
}

/** Returns the embedding rows of IDs and of unknown categories, and the number of all embedding rows of items. */
function ignoredRows(schema: FeatureSchema): { ignored: ReadonlySet<number>; width: number } {
  const ignored = new Set<number>();
  let width = 0;
  for (const field of fieldsOf(schema, 'item')) {
    const rows = rowsOf(field);
    if (field.name === idField) for (let row = 0; row < rows; row++) ignored.add(width + row);
    else if (!readsNumbers[field.kind]) ignored.add(width);
    width += rows;
  }
  return { ignored, width };
}
