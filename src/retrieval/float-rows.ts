import { exactProduct, lengthOf } from './exact-product.ts';
import type { VectorPart } from './vector-chunk.ts';

/** The vectors of a small table by row, as they were given. */
export class FloatRows {
  readonly width: number;
  /** The number of rows that there is room for. */
  readonly room: number;
  readonly ids: Int32Array;
  /** 1 for each row that has a vector. */
  readonly present: Uint8Array;
  /** `[room, width]`. The system provides the memory of a row when it is written. */
  readonly #data: Float32Array;
  #longest = 0;

  constructor(width: number, room: number) {
    this.width = width;
    this.room = room;
    this.ids = new Int32Array(this.room);
    this.present = new Uint8Array(this.room);
    this.#data = new Float32Array(this.room * width);
  }

  /** The length of the longest vector so far. */
  get longest(): number {
    return this.#longest;
  }

  /** Returns the numbers of the first rows, `[rows, width]`. */
  firstRows(rows: number): Float32Array {
    return this.#data.subarray(0, rows * this.width);
  }

  /** Returns the inner product of a row with a vector, `[width]`, see `exactProduct`. */
  product(row: number, vector: Float64Array): number {
    return exactProduct(vector, this.#data, row * this.width);
  }

  copy(): FloatRows {
    const copy = new FloatRows(this.width, this.room);
    copy.ids.set(this.ids);
    copy.present.set(this.present);
    copy.#data.set(this.#data);
    copy.#longest = this.#longest;
    return copy;
  }

  remove(row: number): void {
    this.present[row] = 0;
  }

  write(row: number, id: number, { data, start }: VectorPart): void {
    const vector = data.subarray(start, start + this.width);
    this.#data.set(vector, row * this.width);
    this.ids[row] = id;
    this.present[row] = 1;
    this.#longest = Math.max(this.#longest, lengthOf(vector));
  }
}
