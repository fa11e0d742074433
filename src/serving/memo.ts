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
