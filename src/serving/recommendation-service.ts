import pLimit from 'p-limit';
import type { RatingScale } from '../catalog/interaction-value.ts';
import type { Engine } from '../engine/engine.ts';
import type { LiveCatalog } from '../live-catalog/live-catalog.ts';
import type { Database } from '../store/database.ts';
import type { Connections } from '../store/prepared.ts';
import { noObserver, type ServingObserver } from '../telemetry/serving-observer.ts';
import { chooseCandidates } from './candidates.ts';
import { CursorKey } from './cursors.ts';
import { ScenarioSupports } from './scenario-supports.ts';
import type { SeenBy } from './seen-items.ts';
import { ServedModels } from './served-models.ts';
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

  constructor({
    catalog,
    database,
    connections,
    engine,
    candidates,
    comparedItems = 100_000,
    cachedItems = 400_000,
    ratingScale,
    seenBy: seenByDefault,
    observer = noObserver,
  }: ServingOptions) {
    this.#platform = {
      catalog,
      database,
      connections,
      ratingScale,
      seenByDefault,
      observer,
      cursorKey: new CursorKey(database),
      models: new ServedModels(database, engine, catalog.items, cachedItems),
      scenarioSupports: new ScenarioSupports({ catalog, connections, ratingScale }),
      maxCandidates: candidates,
      maxCompared: comparedItems,
      computing: pLimit(maxConcurrentLists),
    };
  }

  /** Loads the active models and embeds the items, so that the first request does not have to wait for that. */
  async warmUp(): Promise<void> {
    const { catalog, models, maxCandidates } = this.#platform;
    for (const { versionId } of catalog.activeVersions) {
      const { rows } = chooseCandidates(catalog.items, catalog.items.available, maxCandidates);
      await models.use(versionId, ({ embeddings }) => embeddings.embed(rows));
    }
  }

  /** Opens the session of one request. It stops computing when `signal` is aborted. */
  session(signal?: AbortSignal): ServingSession {
    return new ServingSession(this.#platform, signal);
  }

  /** Frees the models. All requests must have ended. */
  close(): Promise<void> {
    return this.#platform.models.close();
  }
}
