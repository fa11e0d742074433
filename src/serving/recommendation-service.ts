import pLimit from 'p-limit';
import { checkExternalId } from '../catalog/external-id.ts';
import type { Engine } from '../engine/engine.ts';
import { WarmstartError } from '../errors.ts';
import { encodeFeatures } from '../features/encode-features.ts';
import type { Features } from '../features/feature-schema.ts';
import { activeVersionId } from '../registry/model-registry.ts';
import { type Database, sql } from '../store/database.ts';
import { adaptToUser } from './adapt-to-user.ts';
import { findCandidates, findPopularItems, type ListMoment } from './candidates.ts';
import { decodeCursor, encodeCursor, type RecommendationCursor } from './recommendation-cursor.ts';
import { type ServedModel, ServedModels } from './served-models.ts';

export interface RecommendationRequest {
  /** The client's id. */
  readonly userId: string;
  /** How many, at least 1. */
  readonly first: number;
  readonly after?: string | null;
}

/** Why an item is in the list: the model adapted to the user's ratings, or many people like it. */
export type RecommendationReason = 'ADAPTED' | 'POPULAR';

export interface Recommendation {
  readonly itemId: number;
  /** The predicted rating; for a popular item, how many interactions it has. */
  readonly score: number;
  readonly reason: RecommendationReason;
  readonly modelVersionId: number | null;
  readonly cursor: string;
}

export interface RecommendationPage {
  readonly recommendations: readonly Recommendation[];
  readonly hasNextPage: boolean;
}

export interface ServingOptions {
  readonly database: Database;
  readonly engine: Engine;
  /** Most items scored for one request. */
  readonly candidates: number;
}

/** What a list is made from, for a first page as of now and for a later one as of its cursor. */
interface List extends ListMoment {
  readonly externalId: string;
  readonly features: Features;
  readonly modelVersionId: number | null;
  readonly after: RecommendationCursor | undefined;
}

const listsAtOnce = 4;

/** Has seen nothing, so that every item is open. */
const nobody: ListMoment = { userId: 0, watermark: 0n };

interface Scored {
  readonly itemId: number;
  readonly score: number;
}

/** Recommends to users: adapted to what they rated, however little; popular items where nothing is known. */
export class RecommendationService {
  readonly #database: Database;
  readonly #models: ServedModels;
  readonly #candidates: number;
  /** Lists made at once: scoring computes on the event loop's thread, and other requests want connections too. */
  readonly #limit = pLimit(listsAtOnce);

  constructor({ database, engine, candidates }: ServingOptions) {
    this.#database = database;
    this.#models = new ServedModels(database, engine);
    this.#candidates = candidates;
  }

  /** Loads the active model and embeds the items, so that the first request need not wait for it. */
  async warmUp(): Promise<void> {
    const versionId = await activeVersionId(this.#database, 'USER');
    if (versionId === null) return;
    await this.#models.use(versionId, async ({ embeddings }) => {
      await embeddings.embed(await findCandidates(this.#database, nobody, this.#candidates));
    });
  }

  /** Throws INVALID_CURSOR and USER_NOT_FOUND. */
  async recommend({ userId, first, after }: RecommendationRequest): Promise<RecommendationPage> {
    checkExternalId('userId', userId);
    return this.#limit(() => this.#makePage(userId, first, after));
  }

  async #makePage(userId: string, first: number, after?: string | null): Promise<RecommendationPage> {
    const list = await this.#openList(userId, after == null ? undefined : decodeCursor(after, userId));
    const { modelVersionId } = list;
    const adapted =
      modelVersionId === null ? undefined : await this.#adapted(list, modelVersionId, first + 1);
    if (adapted) return page(list, 'ADAPTED', adapted, first);
    const popular = await findPopularItems(this.#database, list, first + 1, list.after);
    return page({ ...list, modelVersionId: null }, 'POPULAR', popular, first);
  }

  close(): Promise<void> {
    return this.#models.close();
  }

  async #openList(externalId: string, after: RecommendationCursor | undefined): Promise<List> {
    const [row] = await this.#database.$queryRaw<Omit<List, 'after' | 'externalId'>[]>(sql`
      SELECT id AS "userId", features,
        coalesce((SELECT max(id) FROM interactions WHERE user_id = users.id), 0) AS watermark,
        (SELECT model_version_id FROM active_models WHERE task_kind = 'USER') AS "modelVersionId"
      FROM users WHERE external_id = ${externalId}`);
    if (!row)
      throw new WarmstartError(
        'USER_NOT_FOUND',
        `there is no user with the id ${JSON.stringify(externalId)}`,
      );
    if (!after) return { ...row, externalId, after };
    const { modelVersionId, watermark } = after;
    return { ...row, externalId, after, modelVersionId, watermark };
  }

  /** The best `limit` items after the cursor, best first; `undefined` when the user has rated nothing yet. */
  async #adapted(list: List, modelVersionId: number, limit: number): Promise<Scored[] | undefined> {
    if (list.watermark === 0n) return undefined;
    if (list.after) await this.#checkVersion(modelVersionId);
    return this.#models.use(modelVersionId, async (model) => {
      const scored = await scoreCandidates(this.#database, model, list, this.#candidates);
      return scored && best(scored, limit, list.after);
    });
  }

  async #checkVersion(id: number): Promise<void> {
    if (await this.#database.modelVersion.findUnique({ where: { id }, select: { id: true } })) return;
    throw new WarmstartError(
      'INVALID_CURSOR',
      'after: the model version of this list is gone; start again without a cursor',
    );
  }
}

async function scoreCandidates(
  database: Database,
  model: ServedModel,
  list: List,
  limit: number,
): Promise<Scored[] | undefined> {
  const { recommender, embeddings } = model;
  const user = await recommender.embedUsers(encodeFeatures(recommender.schema, 'user', [list.features]));
  const adaptation = await adaptToUser(database, model, list, user);
  if (!adaptation) return undefined;
  const candidates = await findCandidates(database, list, limit);
  const scores = await recommender.score(adaptation, user, await embeddings.embed(candidates));
  return candidates.ids.map((itemId, index) => ({ itemId, score: scores[index] as number }));
}

function best(scored: Scored[], limit: number, after: Scored | undefined): Scored[] {
  scored.sort(order);
  if (!after) return scored.slice(0, limit);
  const place = scored.findIndex(({ itemId }) => itemId === after.itemId);
  // An item that is no longer there is replaced by its place in the order.
  const rest = place >= 0 ? scored.slice(place + 1) : scored.filter((item) => order(after, item) < 0);
  return rest.slice(0, limit);
}

/** By score, the best first; equal scores by id, so that the order is total and a cursor has one place in it. */
function order(a: Scored, b: Scored): number {
  return b.score - a.score || a.itemId - b.itemId;
}

function page(
  list: List,
  reason: RecommendationReason,
  scored: readonly Scored[],
  first: number,
): RecommendationPage {
  const { externalId: userId, modelVersionId, watermark } = list;
  return {
    recommendations: scored.slice(0, first).map(({ itemId, score }) => ({
      itemId,
      score,
      reason,
      modelVersionId,
      cursor: encodeCursor({ userId, modelVersionId, watermark, score, itemId }),
    })),
    hasNextPage: scored.length > first,
  };
}
