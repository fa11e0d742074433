import type { FeatureValue } from '../features/feature-schema.ts';
import { hasDirection, isVectorOf, singlePrecision } from '../features/vectors.ts';
import { withRoomFor } from './growable.ts';

/** Rows whose vectors are in one array. A longer array would take long to copy when the table grows. */
const rowsPerBlock = 256;

/** A `FeatureColumn` of vectors of one width, in 32 bits and in blocks of rows. A block without vectors takes no memory. */
export class VectorColumn {
  readonly kind = 'vector' as const;
  readonly width: number;
  readonly #blocks: (Float32Array | undefined)[] = [];
  /** 1 for each row that has a vector. */
  #present = new Uint8Array();

  constructor(width: number) {
    this.width = width;
  }

  /** A vector of zeros counts as none. */
  set(row: number, value: FeatureValue | undefined): void {
    this.#present = withRoomFor(this.#present, row);
    const isPresent = isVectorOf(this, value) && hasDirection(value);
    this.#present[row] = isPresent ? 1 : 0;
    if (isPresent) this.#blockOf(row).set(value, (row % rowsPerBlock) * this.width);
  }

  has(row: number): boolean {
    return this.#present[row] === 1;
  }

  valueOf(row: number): number[] | undefined {
    const vector = this.vectorOf(row);
    return vector && Array.from(vector, singlePrecision);
  }

  /** Returns the vector of a row where it is kept, so that it must not be changed; `undefined` if there is none. */
  vectorOf(row: number): Float32Array | undefined {
    if (!this.has(row)) return undefined;
    const start = (row % rowsPerBlock) * this.width;
    return this.#blocks[Math.floor(row / rowsPerBlock)]?.subarray(start, start + this.width);
  }

  /** No filter compares vectors. */
  isOneOf(): () => boolean {
    return () => false;
  }

  isWithin(): () => boolean {
    return () => false;
  }

  #blockOf(row: number): Float32Array {
    const index = Math.floor(row / rowsPerBlock);
    this.#blocks[index] ??= new Float32Array(rowsPerBlock * this.width);
    return this.#blocks[index];
  }
}
