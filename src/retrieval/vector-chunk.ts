/** Rows of a chunk. So many rows are multiplied at once: their bytes stay in the processor's cache. */
export const rowsPerChunk = 1 << 13;

/** Codes are from −maxCode to maxCode. */
const maxCode = 32767;
/** What is added to a code before it is divided into two bytes. */
export const zeroCode = 32768;

/**
 * A block of vectors in memory that threads share, 16 bits a number. Each vector has a scale by which its codes are
 * multiplied, so that its largest number has the largest code. The high and the low bytes of codes are apart: a search
 * reads all high bytes, and the low bytes of the best rows only.
 */
export class VectorChunk {
  readonly width: number;
  readonly buffer: SharedArrayBuffer;
  /** One for each row, `[rowsPerChunk]`. 0: the row has no vector. */
  readonly scales: Float32Array;
  readonly ids: Int32Array;
  /** `[rowsPerChunk, width]`. A code is `256 · high + low − zeroCode`. */
  readonly high: Uint8Array;
  readonly low: Uint8Array;

  constructor(width: number, buffer = new SharedArrayBuffer((8 + 2 * width) * rowsPerChunk)) {
    this.width = width;
    this.buffer = buffer;
    const codes = width * rowsPerChunk;
    this.scales = new Float32Array(buffer, 0, rowsPerChunk);
    this.ids = new Int32Array(buffer, 4 * rowsPerChunk, rowsPerChunk);
    this.high = new Uint8Array(buffer, 8 * rowsPerChunk, codes);
    this.low = new Uint8Array(buffer, 8 * rowsPerChunk + codes, codes);
  }

  /** Returns a chunk with the same content in memory of its own. */
  copy(): VectorChunk {
    const copy = new VectorChunk(this.width);
    new Uint8Array(copy.buffer).set(new Uint8Array(this.buffer));
    return copy;
  }

  /** Writes a vector of `width` numbers that starts at `start`. `inverses` are those of the deviations, `[width]`. */
  write(row: number, id: number, { data, start }: VectorPart, inverses: Float64Array): void {
    const { width, high, low } = this;
    let largest = 0;
    for (let at = 0; at < width; at++) {
      const size = Math.abs(data[start + at]! * inverses[at]!);
      if (size > largest) largest = size;
    }
    const scale = Math.fround(largest / maxCode) || 1;
    const codes = 1 / scale;
    for (let at = 0; at < width; at++) {
      let code = Math.round(data[start + at]! * inverses[at]! * codes) | 0;
      // The scale is rounded to 32 bits, so a code could be too large by one.
      if (code > maxCode) code = maxCode;
      else if (code < -maxCode) code = -maxCode;
      const bytes = code + zeroCode;
      high[row * width + at] = bytes >> 8;
      low[row * width + at] = bytes & 255;
    }
    this.ids[row] = id;
    this.scales[row] = scale;
  }

  /** Returns the inner product of a row with a query that is multiplied by the deviations, `[width]`. */
  product(row: number, weights: Float64Array): number {
    const { width, high, low } = this;
    let [even, odd] = [0, 0];
    let at = row * width;
    let column = 0;
    for (; column + 1 < width; at += 2, column += 2) {
      even += (256 * high[at]! + low[at]! - zeroCode) * weights[column]!;
      odd += (256 * high[at + 1]! + low[at + 1]! - zeroCode) * weights[column + 1]!;
    }
    if (column < width) even += (256 * high[at]! + low[at]! - zeroCode) * weights[column]!;
    return (even + odd) * this.scales[row]!;
  }
}

/** A vector within many. */
export interface VectorPart {
  readonly data: Float32Array;
  readonly start: number;
}
