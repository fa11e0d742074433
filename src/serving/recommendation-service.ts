import pLimit from 'p-limit';
import type { RatingScale } from '../catalog/interaction-value.ts';
import type { Engine } from '../engine/engine.ts';
import type { ItemTable } from '../live-catalog/item-table.ts';
import type { LiveCatalog } from '../live-catalog/live-catalog.ts';
import { selectEmbeddings } from '../models/recommender.ts';
import { VectorSearch } from '../retrieval/vector-search.ts';
import type { Database } from '../store/database.ts';
import type { Connections } from '../store/prepared.ts';
import { taskKinds } from '../tasks/training-data.ts';
import { noObserver, type ServingObserver } from '../telemetry/serving-observer.ts';
import { type CandidateLimit, chooseCandidates } from './candidates.ts';
import { CurrentModels } from './current-models.ts';
import { CursorKey } from './cursors.ts';
import { ScenarioSupports } from './scenario-supports.ts';
import type { SeenBy } from './seen-items.ts';
import { type ServedModel, ServedModels } from './served-models.ts';
import { type ServingPlatform, ServingSession } from './serving-session.ts';

export interface ServingOptions {
  readonly catalog: LiveCatalog;
  readonly database: Database;
  readonly connections: Connections;
  readonly engine: Engine;
  /** Maximum number of items scored for one list. */
  readonly candidates: number;
  /** Maximum number of items that `similarItems` compares with the given item, at least 10. Default: 100,000. */
  readonly comparedItems?: number;
  /** The share of the newest items if not all items are scored or compared. Default: 0.1. */
  readonly freshShare?: number;
  /** Maximum number of item embeddings in memory, for each loaded model version. Default: 400,000. */
  readonly cachedItems?: number;
  /** The range of a visitor's ratings. */
  readonly ratingScale: RatingScale;
  /**
   * The types of interactions that hide an item from lists, unless a request chooses others. Default: `defaultSeenBy`.
   */
  readonly seenBy?: SeenBy | undefined;
  /** Receives the timing of scoring, and when popularity is the fallback. */
  readonly observer?: ServingObserver;
}

const maxConcurrentLists = 4;

/** The number of items that a model version scores before it makes lists. */
const probedItems = 100;

/**
 * Serves lists. A model adapts to the recipient's interactions, or in a scenario to all users' interactions there.
 * Without interactions or a model, the fallback is a list of popular items. Each request has a session of its own.
 */
export class RecommendationService {
  readonly #platform: ServingPlatform;

  constructor({
    catalog,
    database,
    connections,
    engine,
    candidates,
    comparedItems = 100_000,
    freshShare = 0.1,
    cachedItems = 400_000,
    ratingScale,
    seenBy: seenByDefault,
    observer = noObserver,
  }: ServingOptions) {
    const models = new ServedModels({
      ...{ database, engine, items: catalog.items, maxCached: cachedItems },
      makesLists: (versionId) => taskKinds.some((kind) => current.of(kind)?.versionId === versionId),
    });
    const limit = { max: candidates, freshShare };
    const current: CurrentModels = new CurrentModels(models, (model) => probe(catalog.items, model, limit), observer);
    this.#platform = {
      catalog,
      database,
      connections,
      ratingScale,
      seenByDefault,
      observer,
      cursorKey: new CursorKey(database),
      models,
      current,
      scenarioSupports: new ScenarioSupports({ catalog, connections, ratingScale }),
      search: new VectorSearch(),
      maxCandidates: candidates,
      maxCompared: comparedItems,
      freshShare,
      computing: pLimit(maxConcurrentLists),
    };
    // A list does not have to notice first that another version is active.
    catalog.on('models', () => void this.ready().catch(() => {}));
  }

  /** Waits until everything has been loaded that lists need, so that the first lists do not have to. */
  async ready(): Promise<void> {
    const { catalog, current, cursorKey } = this.#platform;
    await Promise.all([cursorKey.read(), current.followAll(catalog.activeVersions)]);
  }

  /** Opens the session of one request. It stops computing when `signal` is aborted. */
  session(signal?: AbortSignal): ServingSession {
    return new ServingSession(this.#platform, signal);
  }

  /** Frees the models after their last uses, and then ends the thread that searches. Lists that begin now fail. */
  async close(): Promise<void> {
    await this.#platform.models.close();
    await this.#platform.search.close();
  }
}

/**
 * Prepares what lists will need, and returns the scores of some items for a visitor without history. If lists find items
 * by vectors, it also returns the visitor's vector.
 */
async function probe(items: ItemTable, model: ServedModel, limit: CandidateLimit): Promise<Float32Array> {
  const { recommender, embeddings, vectors } = model;
  if (!vectors) await embeddings.embed((await chooseCandidates(items, allMarks(items), limit)).rows);
  const probed = await embeddings.embed(range(Math.min(items.rows, probedItems)));
  const users = await model.users.of({ id: '', features: {} });
  const nothing = {
    users,
    items: selectEmbeddings(probed, []),
    labels: new Float32Array(),
    types: new Uint8Array(),
  };
  const adaptation = await recommender.adapt(nothing);
  const scores = await recommender.score(adaptation, users, probed);
  if (!vectors) return scores;
  return Float32Array.of(...scores, ...(await vectors.retrieval.taskVector(nothing, users)));
}

function allMarks({ available, rows }: ItemTable): Uint8Array {
  return available.subarray(0, rows);
}

function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index);
}
