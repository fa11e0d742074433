import type { Database } from '../store/database.ts';

/** The secret with which cursors are signed: of the database, so that every server goes on with another one's lists. */
export class CursorKey {
  readonly #database: Database;
  #value: Promise<Uint8Array> | undefined;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Is read once; a reading that fails is tried again by the next request. */
  read(): Promise<Uint8Array> {
    this.#value ??= this.#load().catch((error) => {
      this.#value = undefined;
      throw error;
    });
    return this.#value;
  }

  async #load(): Promise<Uint8Array> {
    const { value } = await this.#database.secret.findUniqueOrThrow({ where: { name: 'cursors' } });
    return value;
  }
}
