const lineFeed = 0x0a;
/** A line of a backup that is not a row has a few kilobytes. */
const maxLineBytes = 2 ** 24;

/** Reads a stream part by part. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(content: AsyncIterable<Buffer>) {
    this.#chunks = content[Symbol.asyncIterator]();
  }

  /** Returns the next bytes: at least 1, and at most `max`; `undefined` at the end. */
  async take(max = Number.POSITIVE_INFINITY): Promise<Buffer | undefined> {
    if (await this.hasEnded()) return undefined;
    const taken = this.#rest.subarray(0, max);
    this.#rest = this.#rest.subarray(taken.length);
    return taken;
  }

  /** Makes bytes that were taken last the next ones again. */
  giveBack(bytes: Buffer): void {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([bytes, this.#rest]);
  }

  /** Returns the next line with its end; `undefined` if there is none. Throws if a line has more than 16 MiB. */
  async line(): Promise<Buffer | undefined> {
    const parts: Buffer[] = [];
    for (let bytes = 0; bytes < maxLineBytes; ) {
      const chunk = await this.take();
      if (chunk === undefined) return undefined;
      const end = chunk.indexOf(lineFeed) + 1;
      parts.push(end === 0 ? chunk : chunk.subarray(0, end));
      if (end > 0) {
        this.giveBack(chunk.subarray(end));
        return Buffer.concat(parts);
      }
      bytes += chunk.length;
    }
    throw new Error('it has no end of a line where one is expected');
  }

  async hasEnded(): Promise<boolean> {
    while (this.#rest.length === 0) {
      const { done, value } = await this.#chunks.next();
      if (done) return true;
      this.#rest = value;
    }
    return false;
  }
}
