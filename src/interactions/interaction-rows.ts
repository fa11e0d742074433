import type { KnownInteraction } from './known-interactions.ts';

/** The columns of the rows, in their order. */
export const interactionColumns = 'id, user_id, item_id, scenario_id, type, value, occurred_at, dataset';

/** What the rows of a batch have in common. */
export interface RowsOptions {
  readonly dataset: string;
  /** Milliseconds since 1970. The time of interactions without one. */
  readonly now: number;
}

/** Rows that are sent at once, so that the event loop turns in between. */
const rowsPerChunk = 2000;

/** The signature of the format, without flags and extensions, and what ends the rows instead of a number of columns. */
const header = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const trailer = Buffer.from([0xff, 0xff]);

/** Bytes of a row without its texts: the number of columns, eight lengths, three numbers of 8 bytes and three of 4. */
const bytesPerRow = 2 + 8 * 4 + 3 * 8 + 3 * 4;

/**
 * Writes batches of interactions in the binary format of COPY. PostgreSQL and this process take less time for it than for
 * the text format, mostly because times are numbers. The memory of a batch is used again for the next one: memory outside
 * of the heap is collected late.
 */
export class InteractionRows {
  #writer = new RowWriter(0);

  /** Yields the rows of interactions with their IDs. Call it again when what it yielded has been sent. */
  async *of(
    interactions: readonly KnownInteraction[],
    ids: readonly string[],
    { dataset, now }: RowsOptions,
  ): AsyncGenerator<Buffer> {
    const bytesOfDataset = Buffer.from(dataset);
    const types = bytesOfTypes(interactions);
    const longest = Math.max(...[...types.values()].map(({ length }) => length));
    const writer = this.#writerOf(interactions.length * (bytesPerRow + longest + bytesOfDataset.length));
    yield header;
    for (let start = 0; start < interactions.length; start += rowsPerChunk) {
      for (const [index, row] of interactions.slice(start, start + rowsPerChunk).entries()) {
        const { userId, itemId, scenarioId, type, value, time } = row;
        writer.columns(8);
        writer.bigint(Number(ids[start + index]));
        writer.integer(userId);
        writer.integer(itemId);
        writer.integer(scenarioId);
        writer.text(types.get(type) as Buffer);
        writer.double(value);
        writer.time(time?.getTime() ?? now);
        writer.text(bytesOfDataset);
      }
      yield writer.written();
    }
    yield trailer;
  }

  #writerOf(bytes: number): RowWriter {
    if (bytes > this.#writer.length) this.#writer = new RowWriter(bytes);
    this.#writer.restart();
    return this.#writer;
  }
}

function bytesOfTypes(interactions: readonly KnownInteraction[]): Map<string, Buffer> {
  const types = new Map<string, Buffer>();
  for (const { type } of interactions) if (!types.has(type)) types.set(type, Buffer.from(type));
  return types;
}

/** Milliseconds from 1970 to 2000, where PostgreSQL counts from. */
const epoch = Date.UTC(2000, 0, 1);

/** Writes columns after each other: each with its length in bytes, which is -1 for NULL. */
class RowWriter {
  readonly length: number;
  readonly #bytes: Buffer;
  readonly #view: DataView;
  /** Where the bytes that `written` has not returned begin, and where they end. */
  #start = 0;
  #end = 0;

  constructor(length: number) {
    this.length = length;
    this.#bytes = Buffer.allocUnsafeSlow(length);
    this.#view = new DataView(this.#bytes.buffer);
  }

  restart(): void {
    this.#start = 0;
    this.#end = 0;
  }

  columns(count: number): void {
    this.#view.setInt16(this.#end, count);
    this.#end += 2;
  }

  integer(value: number | null): void {
    if (value === null) this.#null();
    else this.#view.setInt32(this.#column(4), value);
  }

  bigint(value: number): void {
    this.#view.setBigInt64(this.#column(8), BigInt(value));
  }

  double(value: number | null): void {
    if (value === null) this.#null();
    else this.#view.setFloat64(this.#column(8), value);
  }

  /** In milliseconds since 1970. The format has microseconds since 2000. */
  time(milliseconds: number): void {
    this.#view.setBigInt64(this.#column(8), BigInt(milliseconds - epoch) * 1000n);
  }

  text(bytes: Buffer): void {
    this.#bytes.set(bytes, this.#column(bytes.length));
  }

  /** Returns what was written since the last call. */
  written(): Buffer {
    const bytes = this.#bytes.subarray(this.#start, this.#end);
    this.#start = this.#end;
    return bytes;
  }

  #null(): void {
    this.#view.setInt32(this.#end, -1);
    this.#end += 4;
  }

  /** Begins a column of some bytes, and returns where it begins. */
  #column(bytes: number): number {
    this.#view.setInt32(this.#end, bytes);
    const start = this.#end + 4;
    this.#end = start + bytes;
    return start;
  }
}
