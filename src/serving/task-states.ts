import { LRUCache } from 'lru-cache';
import type { Adaptation, Embeddings, Recommender } from '../models/recommender.ts';
import { type Database, sql } from '../store/database.ts';
import type { ListMoment } from './candidates.ts';
import type { ItemEmbeddings } from './item-embeddings.ts';

const mostCached = 50_000;

interface TaskState {
  readonly adaptation: Adaptation;
  /** The last interaction folded in. */
  readonly watermark: bigint;
  /** The items whose ratings are folded in. */
  readonly itemIds: ReadonlySet<number>;
}

interface Rating {
  readonly id: bigint;
  readonly itemId: number;
  readonly revision: number;
  readonly value: number;
}

/**
 * How one model version has adapted to each user: kept as the encoder's state with a watermark, so that a request
 * pays only for what the user did since the last one. Nothing is ever invalidated, and every replica reads its
 * writes: a state that is behind is caught up from the stored interactions.
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
  async adapt(moment: ListMoment, user: Embeddings): Promise<Adaptation | undefined> {
    const earlier = this.#states.get(moment.userId);
    const caughtUp = earlier && (await this.#catchUp(earlier, moment, user));
    const state = caughtUp ?? (await this.#recompute(moment, user));
    // A page of an older list must not set a newer state back.
    if (!earlier || state.watermark >= earlier.watermark) this.#states.set(moment.userId, state);
    return state.adaptation.pairs > 0 ? state.adaptation : undefined;
  }

  /** Folds in what is new; `undefined` when folding cannot lead there. */
  async #catchUp(earlier: TaskState, moment: ListMoment, user: Embeddings): Promise<TaskState | undefined> {
    if (earlier.watermark === moment.watermark) return earlier;
    if (earlier.watermark > moment.watermark) return undefined;
    const ratings = await this.#database.$queryRaw<Rating[]>(sql`
      SELECT interactions.id, item_id AS "itemId", revision, value FROM interactions JOIN items ON items.id = item_id
      WHERE user_id = ${moment.userId} AND interactions.id > ${earlier.watermark}
        AND interactions.id <= ${moment.watermark} AND type = 'RATE'
      ORDER BY interactions.id`);
    const itemIds = new Set([...earlier.itemIds, ...ratings.map((rating) => rating.itemId)]);
    const eachItemOnce = itemIds.size === earlier.itemIds.size + ratings.length;
    if (!eachItemOnce || itemIds.size > this.#recommender.supportLimit) return undefined;
    return this.#fold(ratings, moment, user, itemIds, earlier.adaptation);
  }

  async #recompute(moment: ListMoment, user: Embeddings): Promise<TaskState> {
    const ratings = await this.#database.$queryRaw<Rating[]>(sql`
      SELECT * FROM (
        SELECT latest.id, item_id AS "itemId", revision, value FROM (
          SELECT DISTINCT ON (item_id) id, item_id, value FROM interactions
          WHERE user_id = ${moment.userId} AND id <= ${moment.watermark} AND type = 'RATE'
          ORDER BY item_id, id DESC
        ) AS latest JOIN items ON items.id = item_id
        ORDER BY latest.id DESC LIMIT ${this.#recommender.supportLimit}
      ) AS support ORDER BY id`);
    return this.#fold(ratings, moment, user, new Set(ratings.map((rating) => rating.itemId)));
  }

  async #fold(
    ratings: readonly Rating[],
    { watermark }: ListMoment,
    users: Embeddings,
    itemIds: ReadonlySet<number>,
    earlier?: Adaptation,
  ): Promise<TaskState> {
    const items = await this.#embeddings.embed({
      ids: ratings.map((rating) => rating.itemId),
      revisions: ratings.map((rating) => rating.revision),
    });
    const labels = Float32Array.from(ratings, (rating) => rating.value);
    return {
      adaptation: await this.#recommender.adapt({ users, items, labels }, earlier),
      watermark,
      itemIds,
    };
  }
}
