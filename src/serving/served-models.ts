import { WarmstartError } from '../common/errors.ts';
import { UseCount } from '../common/use-count.ts';
import type { Engine } from '../engine/engine.ts';
import type { ItemTable } from '../live-catalog/item-table.ts';
import type { Recommender } from '../models/recommender.ts';
import { loadModelVersion, servedVersion } from '../registry/model-registry.ts';
import type { Database } from '../store/database.ts';
import { isDatabaseError } from '../store/is-database-error.ts';
import type { TaskKind } from '../tasks/training-data.ts';
import { directionsOf } from './directions.ts';
import { ItemEmbeddings } from './item-embeddings.ts';
import { ItemVectors } from './item-vectors.ts';
import { UserEmbeddings } from './user-embeddings.ts';
import { VectorIndex, type VectorsOf } from './vector-index.ts';

/** A model version in memory, with the embeddings computed so far. */
export interface ServedModel {
  readonly versionId: number;
  readonly taskKind: TaskKind;
  readonly recommender: Recommender;
  readonly embeddings: ItemEmbeddings;
  readonly users: UserEmbeddings;
  /**
   * The vectors whose products with the vector of a task are scores. Present for user models with such scores. A
   * scenario's items are scored one by one.
   */
  readonly vectors?: ItemVectors;
  /** The directions of items, see `directionsOf`. Present unless the model itself computes similarities. */
  readonly directions?: ItemVectors;
  /** The model makes the lists of users with at least this many interactions in their support set. */
  readonly servesFrom: number;
}

interface Slot {
  readonly model: Promise<ServedModel>;
  readonly uses: UseCount;
}

/** Leaves room for the active versions and for versions that cursors of earlier pages still refer to. */
const maxLoaded = 4;

export interface ServedModelsOptions {
  readonly database: Database;
  readonly engine: Engine;
  readonly items: ItemTable;
  /** Maximum number of item embeddings in memory, for each version. */
  readonly maxCached: number;
  /** Whether a version makes the lists that begin now. Such a version stays loaded. Default: none does. */
  readonly makesLists?: (versionId: number) => boolean;
}

/**
 * Model versions by ID. A version is loaded at its first use. The least recently used version that is not in use is
 * freed.
 */
export class ServedModels {
  readonly #options: ServedModelsOptions;
  /** Least recently used first. */
  readonly #slots = new Map<number, Slot>();
  #closed = false;
  #preparesDirections = false;

  constructor(options: ServedModelsOptions) {
    this.#options = options;
  }

  /**
   * From now on, versions are loaded with the directions of all items. A server on which nobody asks for similar items
   * saves the memory.
   */
  prepareDirections(): void {
    this.#preparesDirections = true;
  }

  /**
   * Runs `work` with a version, which stays loaded until `work` ends. Rejects with MODEL_VERSION_UNUSABLE if it cannot be
   * loaded, and with UNAVAILABLE after `close`.
   */
  async use<T>(versionId: number, work: (model: ServedModel) => Promise<T>): Promise<T> {
    if (this.#closed) throw new WarmstartError('UNAVAILABLE', 'the server is stopping; try again in a few seconds');
    const slot = this.#slots.get(versionId) ?? this.#newSlot(versionId);
    this.#slots.delete(versionId);
    this.#slots.set(versionId, slot);
    try {
      return await slot.uses.use(async () => work(await slot.model));
    } catch (error) {
      // If a version fails to load, the next request tries again.
      slot.model.catch(() => this.#slots.get(versionId) === slot && this.#slots.delete(versionId));
      throw error;
    } finally {
      this.#makeRoom();
    }
  }

  /** Returns the kind of task of a version; `undefined` if the version is neither loaded nor stored. */
  async taskKindOf(versionId: number): Promise<TaskKind | undefined> {
    const loaded = await this.#slots.get(versionId)?.model;
    return (loaded ?? (await servedVersion(this.#options.database, versionId)))?.taskKind;
  }

  /** Frees all versions, each after its last use. */
  async close(): Promise<void> {
    this.#closed = true;
    const slots = [...this.#slots.values()];
    this.#slots.clear();
    await Promise.all(slots.map(({ uses }) => uses.dispose()));
  }

  /** Keeps the version that was used last, so that it is not loaded in vain if all others are in use. */
  #makeRoom(): void {
    for (const [versionId, { uses }] of [...this.#slots].slice(0, -1)) {
      if (this.#slots.size <= maxLoaded) return;
      if (uses.inUse || this.#options.makesLists?.(versionId)) continue;
      this.#slots.delete(versionId);
      void uses.dispose();
    }
  }

  #newSlot(versionId: number): Slot {
    const model = this.#load(versionId).catch((error) => {
      throw isDatabaseError(error) ? error : cannotLoad(versionId, error);
    });
    const uses = new UseCount(`model version ${versionId}`, async () => {
      const loaded = await model.catch(() => undefined);
      loaded?.recommender.dispose();
    });
    return { model, uses };
  }

  /**
   * Loads a version with the vectors of all items. Lists that wait for these therefore wait before they are computed,
   * and do not keep others from being computed.
   */
  async #load(versionId: number): Promise<ServedModel> {
    const { database, engine, items, maxCached } = this.#options;
    const recommender = await loadModelVersion(database, versionId, engine);
    try {
      const version = await servedVersion(database, versionId);
      const { taskKind = 'USER', servesFrom = 1 } = version ?? {};
      const embeddings = new ItemEmbeddings(items, recommender, maxCached);
      const { retrieval } = recommender;
      const vectorsBy = (vectorsOf: VectorsOf) => new ItemVectors(items, embeddings, new VectorIndex(items, vectorsOf));
      const vectors =
        retrieval && taskKind === 'USER' ? vectorsBy((embedded) => retrieval.itemVectors(embedded)) : undefined;
      const directions = recommender.similarities
        ? undefined
        : vectorsBy((embedded) => directionsOf(recommender, embedded));
      await vectors?.all();
      if (this.#preparesDirections) await directions?.all();
      const users = new UserEmbeddings(recommender);
      return {
        ...{ versionId, taskKind, recommender, embeddings, users, servesFrom },
        ...(vectors && { vectors }),
        ...(directions && { directions }),
      };
    } catch (error) {
      recommender.dispose();
      throw error;
    }
  }
}

/** Clients learn neither the reason nor what the version contains. */
function cannotLoad(versionId: number, cause: unknown): WarmstartError {
  return new WarmstartError(
    'MODEL_VERSION_UNUSABLE',
    `model version ${versionId} cannot be used; start a list again without a cursor`,
    { cause },
  );
}
