import { LRUCache } from 'lru-cache';
import { type Entity, encodeEntities } from '../features/encode-features.ts';
import type { Embeddings, Recommender } from '../models/recommender.ts';

/** About half a megabyte. */
const maxCached = 1000;

/** The user embeddings of one model version. Many users have the same features, so they are cached by features. */
export class UserEmbeddings {
  readonly #recommender: Recommender;
  readonly #cached = new LRUCache<string, Promise<Embeddings>>({ max: maxCached });

  constructor(recommender: Recommender) {
    this.#recommender = recommender;
  }

  /** Returns the embedding of a user, `[1, width]`. */
  of(user: Entity): Promise<Embeddings> {
    const encoded = encodeEntities(this.#recommender.schema, 'user', [user]);
    const key = `${encoded.indices} ${encoded.weights}`;
    const cached = this.#cached.get(key);
    if (cached) return cached;
    const embedded = this.#recommender.embedUsers(encoded);
    this.#cached.set(key, embedded);
    // After a failure, the next list tries again.
    embedded.catch(() => this.#cached.delete(key));
    return embedded;
  }
}
