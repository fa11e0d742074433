import pLimit from 'p-limit';
import type { RatingScale } from '../catalog/interaction-value.ts';
import type { Engine } from '../engine/engine.ts';
import type { ItemTable } from '../live-catalog/item-table.ts';
import type { LiveCatalog } from '../live-catalog/live-catalog.ts';
import type { ActiveVersion } from '../live-catalog/read-catalog.ts';
import { probedItems, probeModel } from '../models/probe-model.ts';
import { checkVersion, isUsable } from '../registry/check-artifact.ts';
import { servedVersion } from '../registry/model-registry.ts';
import { earlierVersions } from '../registry/promotion.ts';
import { VectorSearch } from '../retrieval/vector-search.ts';
import type { Database } from '../store/database.ts';
import type { Connections } from '../store/prepared.ts';
import { type TaskKind, taskKinds } from '../tasks/training-data.ts';
import { noObserver, type ServingObserver } from '../telemetry/serving-observer.ts';
import { type CandidateLimit, chooseCandidates } from './candidates.ts';
import { CurrentModels, type RefusedVersion } from './current-models.ts';
import { CursorKey } from './cursors.ts';
import { FeatureDirections } from './feature-directions.ts';
import { ScenarioSupports } from './scenario-supports.ts';
import type { SeenBy } from './seen-items.ts';
import { type ServedModel, ServedModels } from './served-models.ts';
import { type ServingPlatform, ServingSession, type WorkTime } from './serving-session.ts';

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

/**
 * Serves lists. A model adapts to the recipient's interactions, or in a scenario to all users' interactions there.
 * Without interactions or a model, the fallback is a list of popular items. Each request has a session of its own.
 */
export class RecommendationService {
  readonly #platform: ServingPlatform;
  readonly #engine: Engine;

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
    this.#engine = engine;
    const models = new ServedModels({
      ...{ database, engine, items: catalog.items, maxCached: cachedItems },
      makesLists: (versionId) => taskKinds.some((kind) => current.of(kind)?.versionId === versionId),
    });
    const limit = { max: candidates, freshShare };
    const current: CurrentModels = new CurrentModels({
      models,
      probe: (model) => probe(catalog.items, model, limit),
      earlierVersions: (version) => earlierVersionsOf(database, version),
      observer,
    });
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
      scenarioSupports: new ScenarioSupports({ catalog, connections }),
      search: new VectorSearch(),
      features: new FeatureDirections(catalog.items),
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

  /** Returns the active versions that cannot be used. */
  refused(): ReadonlyMap<TaskKind, RefusedVersion> {
    return this.#platform.current.refused();
  }

  /** Rejects if a version must not make lists, see `checkVersion`. */
  check(versionId: number): Promise<void> {
    return checkVersion(this.#platform.database, this.#engine, versionId);
  }

  /** Returns whether a version may make lists. */
  isUsable(versionId: number): Promise<boolean> {
    return isUsable(this.#platform.database, this.#engine, versionId);
  }

  /** Opens the session of one request. It stops computing when `time` is over. */
  session(time?: WorkTime): ServingSession {
    return new ServingSession(this.#platform, time);
  }

  /** Frees the models after their last uses, and then ends the thread that searches. Lists that begin now fail. */
  async close(): Promise<void> {
    await this.#platform.models.close();
    await this.#platform.search.close();
  }
}

/** Prepares what lists will need, and rejects if the model does not score the most popular items, see `probeModel`. */
async function probe(items: ItemTable, model: ServedModel, limit: CandidateLimit): Promise<void> {
  const { recommender, embeddings, users, vectors } = model;
  if (!vectors) await embeddings.embed((await chooseCandidates(items, allMarks(items), limit)).rows);
  const popular = await chooseCandidates(items, allMarks(items), { max: probedItems, freshShare: 0 });
  await probeModel(recommender, await users.of({ id: '', features: {} }), await embeddings.embed(popular.rows));
}

async function earlierVersionsOf(database: Database, { taskKind, versionId }: ActiveVersion): Promise<ActiveVersion[]> {
  const versions: ActiveVersion[] = [];
  for (const earlier of await earlierVersions(database, taskKind, versionId)) {
    const version = await servedVersion(database, earlier);
    if (version) versions.push({ ...version, versionId: earlier });
  }
  return versions;
}

function allMarks({ available, rows }: ItemTable): Uint8Array {
  return available.subarray(0, rows);
}
