import DataLoader from 'dataloader';
import { digest } from './digest.ts';

/** Most keys read together: as many as a page has shelves. */
const mostKeys = 20;

/** Runs a reading when there is room for it. */
export type Read = <T>(reading: () => Promise<T>) => Promise<T>;

/** Reads together what is asked for at about the same time and differs in its key alone; nothing is remembered. */
export class Batches<Key, Value> {
  readonly #read: Read;
  /** A loader takes no `null`, so that each key comes in an array. */
  readonly #loaders = new Map<string, DataLoader<[Key], Value>>();

  constructor(read: Read) {
    this.#read = read;
  }

  /** `shared` is plain data: all that `read` goes by besides the keys. `read` gives a value for each key, in order. */
  load(shared: unknown, key: Key, read: (keys: readonly Key[]) => Promise<readonly Value[]>): Promise<Value> {
    const name = digest(shared);
    const known = this.#loaders.get(name);
    if (known) return known.load([key]);
    const options = { cache: false, maxBatchSize: mostKeys };
    const readAll = (keys: readonly [Key][]) => this.#read(() => read(keys.map(([each]) => each)));
    const loader = new DataLoader(readAll, options);
    this.#loaders.set(name, loader);
    return loader.load([key]);
  }
}
