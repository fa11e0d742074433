import { createHash } from 'node:crypto';
import DataLoader from 'dataloader';

/** Values by key. Each value is created when it is first requested, and returned to every later request. */
export class Memo<T> {
  readonly #values = new Map<string, Promise<T>>();

  once(key: string, make: () => Promise<T>): Promise<T> {
    const known = this.#values.get(key);
    if (known) return known;
    const made = make();
    this.#values.set(key, made);
    return made;
  }
}

/** Maximum number of keys read together: as many as a page has shelves. */
const maxKeys = 20;

/** Runs a database read as soon as the limit on concurrent reads permits. */
export type Read = <T>(reading: () => Promise<T>) => Promise<T>;

/** A requested key, with the requester's function that reads several keys. */
interface ReadRequest<Key, Value> {
  readonly key: Key;
  readonly readAll: (keys: readonly Key[]) => Promise<readonly Value[]>;
}

/** Combines reads that are requested at about the same time and differ only in their key. Caches nothing. */
export class Batches<Key, Value> {
  readonly #read: Read;
  readonly #loaders = new Map<string, DataLoader<ReadRequest<Key, Value>, Value>>();

  constructor(read: Read) {
    this.#read = read;
  }

  /**
   * Reads the value of a key. `shared` is plain data with everything else that the result of `readAll` depends on.
   * `readAll` returns a value for each key, in order. Combined reads call only the `readAll` of the first requester.
   * That requester waits for it, so whatever it uses, such as a model, stays in use.
   */
  load(shared: unknown, key: Key, readAll: ReadRequest<Key, Value>['readAll']): Promise<Value> {
    const name = digest(shared);
    const loader = this.#loaders.get(name) ?? this.#newLoader();
    this.#loaders.set(name, loader);
    return loader.load({ key, readAll });
  }

  #newLoader(): DataLoader<ReadRequest<Key, Value>, Value> {
    const readTogether = (requests: readonly ReadRequest<Key, Value>[]) =>
      this.#read(() => (requests[0] as ReadRequest<Key, Value>).readAll(requests.map(({ key }) => key)));
    return new DataLoader(readTogether, { cache: false, maxBatchSize: maxKeys });
  }
}

/** Number of characters of a digest, 6 bits each: enough to make collisions practically impossible. */
const length = 16;

/** Returns a short hash of plain data that does not depend on the order of an object's fields. */
export function digest(content: unknown): string {
  const text = JSON.stringify(content, (_key, value) => {
    if (typeof value === 'bigint') return String(value);
    return isRecord(value) ? inOrder(value) : value;
  });
  return createHash('sha256').update(text).digest('base64url').slice(0, length);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Sorts the fields as entries, since objects order integer names on their own. Fields without a value are left out. */
function inOrder(record: Record<string, unknown>): [string, unknown][] {
  return Object.entries(record)
    .filter(([, value]) => value !== null && value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}
