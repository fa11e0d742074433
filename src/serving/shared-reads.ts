import { createHash } from 'node:crypto';
import DataLoader from 'dataloader';

/** Values by key, each made when it is first asked for, and then the same for all who ask. */
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

/** Characters of a digest, at 6 bits each: two things that differ have the same one practically never. */
const length = 16;

/** A short name for plain data: the same for the same content, whatever the order of an object's fields. */
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

/** By entries, since an object with integers for names has an order of its own. Fields without a value do not count. */
function inOrder(record: Record<string, unknown>): [string, unknown][] {
  return Object.entries(record)
    .filter(([, value]) => value !== null && value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}
