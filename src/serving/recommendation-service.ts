import pLimit from 'p-limit';
import type { RatingScale } from '../config.ts';
import type { Engine } from '../engine/engine.ts';
import { activeVersionId } from '../registry/model-registry.ts';
import type { Database } from '../store/database.ts';
import { taskKinds } from '../tasks/training-data.ts';
import { noObserver, type ServingObserver } from '../telemetry/serving-observer.ts';
import { findCandidates } from './candidates.ts';
import { CursorKey } from './cursors.ts';
import { anyAvailable } from './list-conditions.ts';
import { ServedModels } from './served-models.ts';
import { type ServingPlatform, ServingSession } from './serving-session.ts';

export interface ServingOptions {
  readonly database: Database;
  readonly engine: Engine;
  /** Most items scored for one list. */
  readonly candidates: number;
  /** Most items compared with one for those that are similar to it, at least 10; 100,000 unless told. */
  readonly comparedItems?: number;
  /** Items whose embeddings are kept, for each model version in memory; 400,000 unless told. */
  readonly cachedItems?: number;
  /** The values that a visitor's ratings may have. */
  readonly ratingScale: RatingScale;
  /** Is told what is scored, and where popularity stands in. */
  readonly observer?: ServingObserver;
}

const listsAtOnce = 4;
const readingsAtOnce = 4;
const largestItemId = 2 ** 31 - 1;

/**
 * Serves lists: of recommendations adapted to what somebody did, however little, or in a scenario to what others did there,
 * and of popular items where nothing is known. Each request asks in a session of its own.
 */
export class RecommendationService {
  readonly #platform: ServingPlatform;

  constructor({
    database,
    engine,
    candidates,
    comparedItems = 100_000,
    cachedItems = 400_000,
    ratingScale,
    observer = noObserver,
  }: ServingOptions) {
    this.#platform = {
      database,
      ratingScale,
      observer,
      cursorKey: new CursorKey(database),
      models: new ServedModels(database, engine, cachedItems),
      maxCandidates: candidates,
      maxCompared: comparedItems,
      computing: pLimit(listsAtOnce),
      reading: pLimit(readingsAtOnce),
    };
  }

  /** Loads the active models and embeds the items, so that the first request need not wait for it. */
  async warmUp(): Promise<void> {
    const { database, models, maxCandidates: limit } = this.#platform;
    const bounds = { newestItemId: largestItemId, ends: null };
    for (const taskKind of taskKinds) {
      const versionId = await activeVersionId(database, taskKind);
      if (versionId === null) continue;
      await models.use(versionId, async ({ embeddings }) => {
        await embeddings.embed(await findCandidates(database, anyAvailable, { bounds, limit, again: false }));
      });
    }
  }

  /** What one request asks in, until `signal` is aborted. */
  session(signal?: AbortSignal): ServingSession {
    return new ServingSession(this.#platform, signal);
  }

  /** Frees the models. Requests must have ended. */
  close(): Promise<void> {
    return this.#platform.models.close();
  }
}
