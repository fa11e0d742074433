import DataLoader from 'dataloader';
import { digest } from './digest.ts';

/** Most keys read together: as many as a page has shelves. */
const maxKeys = 20;

/** Runs a reading when there is room for it. */
export type Read = <T>(reading: () => Promise<T>) => Promise<T>;

/** A key, and how its asker reads it along with others. */
interface Asked<Key, Value> {
  readonly key: Key;
  readonly readAll: (keys: readonly Key[]) => Promise<readonly Value[]>;
}

/** Reads together what is asked for at about the same time and differs in its key alone; nothing is remembered. */
export class Batches<Key, Value> {
  readonly #read: Read;
  readonly #loaders = new Map<string, DataLoader<Asked<Key, Value>, Value>>();

  constructor(read: Read) {
    this.#read = read;
  }

  /**
   * `shared` is plain data: all that `readAll` goes by besides the keys. It gives a value for each key, in order. Of those asked for
   * together the first is called: what it holds, such as a model, is in use as long as its asker waits.
   */
  load(shared: unknown, key: Key, readAll: Asked<Key, Value>['readAll']): Promise<Value> {
    const name = digest(shared);
    const loader = this.#loaders.get(name) ?? this.#newLoader();
    this.#loaders.set(name, loader);
    return loader.load({ key, readAll });
  }

  #newLoader(): DataLoader<Asked<Key, Value>, Value> {
    const readTogether = (asked: readonly Asked<Key, Value>[]) =>
      this.#read(() => (asked[0] as Asked<Key, Value>).readAll(asked.map(({ key }) => key)));
    return new DataLoader(readTogether, { cache: false, maxBatchSize: maxKeys });
  }
}
