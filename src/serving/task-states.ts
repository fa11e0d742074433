import { LRUCache } from 'lru-cache';
import type { Adaptation, Embeddings, Recommender } from '../models/recommender.ts';
import { type Database, sql } from '../store/database.ts';
import type { ListMoment } from './candidates.ts';
import type { ItemEmbeddings } from './item-embeddings.ts';

const mostCached = 50_000;

interface TaskState {
  readonly adaptation: Adaptation;
  /** The last interaction it knows. */
  readonly watermark: bigint;
}

interface Rating {
  readonly itemId: number;
  readonly revision: number;
  readonly value: number;
}

/**
 * How one model version has adapted to each user, kept with the last interaction it knows. Nothing is ever
 * invalidated, and every replica reads its writes: a state of another moment is not used.
 *
 * A state is always computed from the whole support set at once, never folded into an earlier one: folding adds in
 * another order, and a page whose scores differ in the last bit could repeat an item of the page before it.
 */
export class TaskStates {
  readonly #database: Database;
  readonly #recommender: Recommender;
  readonly #embeddings: ItemEmbeddings;
  readonly #states = new LRUCache<number, TaskState>({ max: mostCached });

  constructor(database: Database, recommender: Recommender, embeddings: ItemEmbeddings) {
    this.#database = database;
    this.#recommender = recommender;
    this.#embeddings = embeddings;
  }

  /**
   * The adaptation to a user's ratings up to the moment's watermark; `undefined` when there are none. A later
   * rating of an item replaces an earlier one, and of many ratings the last `supportLimit` count.
   */
  async adapt({ userId, watermark }: ListMoment, user: Embeddings): Promise<Adaptation | undefined> {
    const known = this.#states.get(userId);
    const state = known?.watermark === watermark ? known : await this.#compute({ userId, watermark }, user);
    // A page of an older list must not push a newer state out.
    if (!known || state.watermark > known.watermark) this.#states.set(userId, state);
    return state.adaptation.pairs > 0 ? state.adaptation : undefined;
  }

  async #compute({ userId, watermark }: ListMoment, users: Embeddings): Promise<TaskState> {
    const ratings = await this.#database.$queryRaw<Rating[]>(sql`
      SELECT item_id AS "itemId", revision, value FROM (
        SELECT latest.id, item_id, revision, value FROM (
          SELECT DISTINCT ON (item_id) id, item_id, value FROM interactions
          WHERE user_id = ${userId} AND id <= ${watermark} AND type = 'RATE'
          ORDER BY item_id, id DESC
        ) AS latest JOIN items ON items.id = item_id
        ORDER BY latest.id DESC LIMIT ${this.#recommender.supportLimit}
      ) AS support ORDER BY id`);
    const items = await this.#embeddings.embed({
      ids: ratings.map((rating) => rating.itemId),
      revisions: ratings.map((rating) => rating.revision),
    });
    const labels = Float32Array.from(ratings, (rating) => rating.value);
    return { adaptation: await this.#recommender.adapt({ users, items, labels }), watermark };
  }
}
