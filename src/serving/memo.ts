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
