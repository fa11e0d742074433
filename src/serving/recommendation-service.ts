import pLimit from 'p-limit';
import { checkExternalId } from '../catalog/external-id.ts';
import type { Engine } from '../engine/engine.ts';
import { activeVersionId } from '../registry/model-registry.ts';
import { type Database, TaskKind } from '../store/database.ts';
import { findCandidates, findPopularItems, type ListMoment } from './candidates.ts';
import { decodeCursor, encodeCursor } from './recommendation-cursor.ts';
import { type ListModel, type ListName, openList, type RecommendationList } from './recommendation-list.ts';
import { best, type ScoredItem, scoreCandidates } from './score-candidates.ts';
import { ServedModels } from './served-models.ts';

export interface RecommendationRequest {
  /** The client's id. */
  readonly userId: string;
  /** The client's id of the scenario from whose items are recommended; from all items without. */
  readonly scenarioId?: string | null | undefined;
  /** How many, at least 1. */
  readonly first: number;
  readonly after?: string | null | undefined;
}

/** Why an item is in the list: the model adapted to the user or to the scenario, or many people like it. */
export type RecommendationReason = 'ADAPTED' | 'POPULAR';

export interface Recommendation {
  readonly itemId: number;
  /** The model's score; for a popular item, how many interactions it has. */
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

const listsAtOnce = 4;

/** Has seen nothing, so that every item is open. */
const nobody: ListMoment = { userId: 0, watermark: 0n, scenarioId: null };

/**
 * Recommends to users: adapted to what they did, however little, or in a scenario to what others did there; popular items
 * where nothing is known.
 */
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

  /** The model versions in memory, which those share who explain what they do. */
  get models(): ServedModels {
    return this.#models;
  }

  /** Loads the active models and embeds the items, so that the first request need not wait for it. */
  async warmUp(): Promise<void> {
    for (const taskKind of Object.values(TaskKind)) {
      const versionId = await activeVersionId(this.#database, taskKind);
      if (versionId === null) continue;
      await this.#models.use(versionId, async ({ embeddings }) => {
        await embeddings.embed(await findCandidates(this.#database, nobody, this.#candidates));
      });
    }
  }

  /** Throws INVALID_CURSOR, USER_NOT_FOUND and SCENARIO_NOT_FOUND. */
  async recommend(request: RecommendationRequest): Promise<RecommendationPage> {
    const { userId, scenarioId = null } = request;
    checkExternalId('userId', userId);
    if (scenarioId !== null) checkExternalId('scenarioId', scenarioId);
    return this.#limit(() => this.#makePage({ userId, scenarioId }, request));
  }

  close(): Promise<void> {
    return this.#models.close();
  }

  async #makePage(name: ListName, { first, after }: RecommendationRequest): Promise<RecommendationPage> {
    const cursor = after == null ? undefined : decodeCursor(after, name);
    const list = await openList(this.#database, name, cursor);
    const adapted = list.model && (await this.#adapted(list, list.model, first + 1));
    if (adapted) return page(list, 'ADAPTED', adapted, first);
    const popular = await findPopularItems(this.#database, list, first + 1, list.after);
    return page({ ...list, model: null }, 'POPULAR', popular, first);
  }

  /** The best `limit` items after the cursor, best first; `undefined` when there is nothing to adapt to. */
  async #adapted(
    list: RecommendationList,
    { versionId, taskKind }: ListModel,
    limit: number,
  ): Promise<readonly ScoredItem[] | undefined> {
    return this.#models.use(versionId, async (model) => {
      const context = { database: this.#database, model, taskKind, mostCandidates: this.#candidates };
      const scored = await scoreCandidates(context, list);
      return scored && best(scored, limit, list.after);
    });
  }
}

function page(
  { name, model, watermark, scenario }: RecommendationList,
  reason: RecommendationReason,
  scored: readonly ScoredItem[],
  first: number,
): RecommendationPage {
  const modelVersionId = model?.versionId ?? null;
  const made = { ...name, modelVersionId, watermark, scenarioWatermark: scenario?.watermark ?? 0n };
  return {
    recommendations: scored.slice(0, first).map(({ itemId, score }) => ({
      itemId,
      score,
      reason,
      modelVersionId,
      cursor: encodeCursor({ ...made, score, itemId }),
    })),
    hasNextPage: scored.length > first,
  };
}
