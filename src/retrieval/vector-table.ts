import { FloatRows } from './float-rows.ts';
import { rowsPerChunk, VectorChunk, type VectorPart } from './vector-chunk.ts';

/** What a search of a large table reads. */
export interface ChunksView {
  readonly width: number;
  /** The number of rows, up to the last one that has a vector. */
  readonly rows: number;
  readonly chunks: readonly VectorChunk[];
  /** What the columns are divided by, `[width]`. */
  readonly deviations: Float32Array;
}

/** What a search reads of a table. */
export interface TableView extends ChunksView {
  /** The vectors of a small table as they were given. */
  readonly floats: FloatRows | undefined;
}

/** Vectors to write: `[rows.length, width]`, and the IDs of their items. */
interface Given {
  readonly rows: ArrayLike<number>;
  readonly ids: ArrayLike<number>;
  readonly vectors: Float32Array;
}

/** Deviations are those of the first vectors, so many or a few more. */
const enoughVectors = 1024;

/**
 * The vectors of items by row, in memory that threads share: `2 · width + 8` bytes a row. Columns are divided by their
 * deviations and rows by scales of their own, and the quotients are stored in 16 bits. An inner product differs from
 * that of the given vectors by less than a ten-thousandth of the product of the lengths. A small table has the given
 * vectors too, so its products are exact.
 */
export class VectorTable {
  readonly width: number;
  #chunks: readonly VectorChunk[] = [];
  #deviations: Float32Array;
  #inverses: Float64Array;
  /** The first vectors, by row. They are encoded again whenever the deviations change. Later empty. */
  #first: Map<number, FirstVector> | undefined = new Map();
  /** The vectors as they were given, until the table is large. */
  #floats: FloatRows | undefined;
  #rows = 0;
  #readers = 0;

  /** A table of at most `maxFloats` numbers is a small one. */
  constructor(width: number, maxFloats = 1 << 21) {
    this.width = width;
    this.#deviations = new Float32Array(width);
    this.#inverses = new Float64Array(width);
    this.#floats = new FloatRows(width, Math.floor(maxFloats / width));
  }

  /** Whether searches return the exact products, see `exactProduct`. */
  get isExact(): boolean {
    return this.#floats !== undefined;
  }

  /** The number of rows, up to the last one that has a vector. */
  get rows(): number {
    return this.#rows;
  }

  has(row: number): boolean {
    const scale = this.#chunks[Math.floor(row / rowsPerChunk)]?.scales[row % rowsPerChunk];
    return scale !== undefined && scale !== 0;
  }

  /**
   * Adds or replaces the vectors of rows, `[rows.length, width]`, whose items have these IDs. A search in progress does
   * not see the change. 2,048 rows take a few milliseconds. Throws before anything is changed: a RangeError if a number
   * is not finite, and a TypeError if the lengths do not match.
   */
  set(rows: ArrayLike<number>, ids: ArrayLike<number>, vectors: Float32Array): void {
    checkGiven(this.width, { rows, ids, vectors });
    this.#makeRoom(rows);
    if (this.#first) this.#measure({ rows, ids, vectors }, this.#first);
    for (let place = 0; place < rows.length; place++) {
      const part = { data: vectors, start: place * this.width };
      this.#write(rows[place]!, ids[place]!, part);
      this.#floats?.write(rows[place]!, ids[place]!, part);
    }
  }

  /** Removes the vectors of rows. A search in progress does not see the change. */
  remove(rows: readonly number[]): void {
    const removed = rows.filter((row) => this.has(row));
    this.#makeRoom(removed);
    for (const row of removed) {
      this.#first?.delete(row);
      this.#chunks[Math.floor(row / rowsPerChunk)]!.scales[row % rowsPerChunk] = 0;
      this.#floats?.remove(row);
    }
  }

  /** Runs a search. What it reads does not change until it ends. */
  async read<T>(search: (view: TableView) => Promise<T>): Promise<T> {
    this.#readers++;
    try {
      return await search({
        width: this.width,
        rows: this.#rows,
        chunks: this.#chunks,
        deviations: this.#deviations,
        floats: this.#floats,
      });
    } finally {
      this.#readers--;
    }
  }

  /** Adds chunks for the rows, and copies what a search reads. */
  #makeRoom(rows: ArrayLike<number>): void {
    const chunks = [...this.#chunks];
    const touched = new Set<number>();
    for (let place = 0; place < rows.length; place++) {
      const row = rows[place]!;
      touched.add(Math.floor(row / rowsPerChunk));
      this.#rows = Math.max(this.#rows, row + 1);
    }
    while (chunks.length * rowsPerChunk < this.#rows) chunks.push(new VectorChunk(this.width));
    if (this.#readers > 0) for (const index of touched) chunks[index] = chunks[index]!.copy();
    this.#chunks = chunks;
    if (this.#floats && this.#rows > this.#floats.room) this.#floats = undefined;
    if (this.#readers > 0) this.#floats = this.#floats?.copy();
  }

  /** Computes the deviations with the given vectors, and encodes the earlier ones again. */
  #measure({ rows, ids, vectors }: Given, first: Map<number, FirstVector>): void {
    const { width } = this;
    if (this.#readers > 0) this.#chunks = this.#chunks.map((chunk) => chunk.copy());
    this.#deviations = deviationsOf(width, [...Array.from(first.values(), ({ data }) => data), vectors]);
    this.#inverses = new Float64Array(this.#deviations).map((deviation) => 1 / deviation);
    for (const [row, { id, data }] of first) this.#write(row, id, { data, start: 0 });
    if (first.size + rows.length >= enoughVectors) {
      this.#first = undefined;
      return;
    }
    for (let place = 0; place < rows.length; place++) {
      first.set(rows[place]!, { id: ids[place]!, data: vectors.slice(place * width, (place + 1) * width) });
    }
  }

  #write(row: number, id: number, part: VectorPart): void {
    const chunk = this.#chunks[Math.floor(row / rowsPerChunk)] as VectorChunk;
    chunk.write(row % rowsPerChunk, id, part, this.#inverses);
  }
}

interface FirstVector {
  readonly id: number;
  readonly data: Float32Array;
}

function checkGiven(width: number, { rows, ids, vectors }: Given): void {
  if (ids.length !== rows.length || vectors.length !== rows.length * width) {
    throw new TypeError(
      `Expected one ID and a vector of ${width} numbers for each of ${rows.length} rows, ` +
        `got ${ids.length} IDs and ${vectors.length} numbers.`,
    );
  }
  for (let at = 0; at < vectors.length; at++) {
    if (Number.isFinite(vectors[at])) continue;
    const id = ids[Math.floor(at / width)];
    throw new RangeError(`Expected finite numbers in the vector of item ${id}, got ${vectors[at]}.`);
  }
}

/** Smaller deviations, relative to the largest, are raised to this: later vectors can have larger numbers there. */
const smallestDeviation = 1e-6;

/** Returns the root of the mean square of each column of the vectors, `[width]`; the largest for columns of zeros. */
function deviationsOf(width: number, parts: readonly Float32Array[]): Float32Array {
  const squares = new Float64Array(width);
  let rows = 0;
  for (const part of parts) {
    rows += part.length / width;
    for (let start = 0; start < part.length; start += width) {
      for (let at = 0; at < width; at++) squares[at]! += part[start + at]! ** 2;
    }
  }
  const deviations = squares.map((sum) => Math.sqrt(sum / rows));
  const largest = deviations.reduce((most, deviation) => Math.max(most, deviation), 0) || 1;
  return Float32Array.from(deviations, (deviation) =>
    deviation === 0 ? largest : Math.max(deviation, smallestDeviation * largest),
  );
}
