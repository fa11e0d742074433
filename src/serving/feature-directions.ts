import type { ItemTable } from '../live-catalog/item-table.ts';
import type { VectorColumn } from '../live-catalog/vector-column.ts';
import type { Embeddings } from '../models/recommender.ts';
import { directionsOf } from './directions.ts';
import type { ItemEmbeddings } from './item-embeddings.ts';
import { ItemVectors } from './item-vectors.ts';
import { VectorIndex } from './vector-index.ts';

/** Numbers read and written between two turns of the event loop, which takes a few milliseconds. */
const numbersPerTurn = 200_000;
const maxRowsPerTurn = 500;

/** The vectors of a feature, read like the embeddings of a model, and the index of their directions. */
export interface DirectedFeature {
  readonly embeddings: Pick<ItemEmbeddings, 'embed' | 'compute'>;
  readonly directions: ItemVectors;
}

/** The directions of items by vector features, by which items are compared. Each feature has an index of its own. */
export class FeatureDirections {
  readonly #items: ItemTable;
  /** A feature that is undeclared loses its column, and with it the index. */
  readonly #kept = new WeakMap<VectorColumn, DirectedFeature>();

  constructor(items: ItemTable) {
    this.#items = items;
  }

  /** Returns the directions of a feature. They are computed when they are first read. */
  of(column: VectorColumn): DirectedFeature {
    const kept = this.#kept.get(column);
    if (kept) return kept;
    const embed = async (rows: ArrayLike<number>) => vectorsOf(column, rows);
    const embeddings = { embed, compute: embed };
    const index = new VectorIndex(this.#items, (items) => directionsOf({}, items));
    const rowsPerTurn = Math.min(maxRowsPerTurn, Math.ceil(numbersPerTurn / column.width));
    const feature = { embeddings, directions: new ItemVectors(this.#items, embeddings, index, rowsPerTurn) };
    this.#kept.set(column, feature);
    return feature;
  }
}

/** Returns the vectors of items, `[rows.length, width]`; NaN for an item without a vector, so that it is not found. */
function vectorsOf(column: VectorColumn, rows: ArrayLike<number>): Embeddings {
  const { width } = column;
  const data = new Float32Array(rows.length * width).fill(Number.NaN);
  for (let place = 0; place < rows.length; place++) {
    const vector = column.vectorOf(rows[place] as number);
    if (vector) data.set(vector, place * width);
  }
  return { rows: rows.length, width, data };
}
