import type { ActiveVersion } from '../live-catalog/read-catalog.ts';
import { isDatabaseError } from '../store/is-database-error.ts';
import type { TaskKind } from '../tasks/training-data.ts';
import type { ServingObserver } from '../telemetry/serving-observer.ts';
import type { ServedModel, ServedModels } from './served-models.ts';

/** A version that failed is tried again after this time. */
const retryMilliseconds = 60_000;

export interface CurrentModelsOptions {
  readonly models: ServedModels;
  /** Rejects if a model must not make lists. */
  readonly probe: (model: ServedModel) => Promise<void>;
  /** Returns the versions that were active before this one, the latest first. */
  readonly earlierVersions: (version: ActiveVersion) => Promise<readonly ActiveVersion[]>;
  readonly observer: ServingObserver;
}

/** An active version that cannot be used. */
export interface RefusedVersion {
  readonly versionId: number;
  /** The version that makes lists in its place; `null` if there is none, and lists have popular items. */
  readonly instead: number | null;
}

/**
 * The model versions that make lists: the active ones, once each has been loaded and has scored some items. Until then,
 * the version before it goes on. A version that fails is reported and not used.
 */
export class CurrentModels {
  readonly #options: CurrentModelsOptions;
  readonly #current = new Map<TaskKind, ActiveVersion>();
  readonly #failed = new Map<TaskKind, { readonly versionId: number; readonly at: number }>();
  readonly #loading = new Map<TaskKind, Promise<void>>();
  #active: readonly ActiveVersion[] = [];

  constructor(options: CurrentModelsOptions) {
    this.#options = options;
  }

  /** Returns the version that makes lists of a kind of task; `undefined` if there is none. */
  of(taskKind: TaskKind): ActiveVersion | undefined {
    return this.#current.get(taskKind);
  }

  /** Whether the active version of a kind of task cannot be used. */
  isRefused(taskKind: TaskKind): boolean {
    return this.#failed.has(taskKind);
  }

  /** Returns the active version of each kind of task whose active version cannot be used. */
  refused(): ReadonlyMap<TaskKind, RefusedVersion> {
    const refused = new Map<TaskKind, RefusedVersion>();
    for (const [taskKind, { versionId }] of this.#failed)
      refused.set(taskKind, { versionId, instead: this.#current.get(taskKind)?.versionId ?? null });
    return refused;
  }

  /**
   * Follows the active versions. Of the kinds that lists are about to use, waits for a version that has none before it.
   */
  async follow(active: readonly ActiveVersion[], used: readonly TaskKind[]): Promise<void> {
    const due = this.#loadDue(active);
    // After a failure, popular items are listed while another attempt is made.
    const isMissing = (taskKind: TaskKind) => !this.#current.has(taskKind) && !this.#failed.has(taskKind);
    const first = due.filter((taskKind) => used.includes(taskKind) && isMissing(taskKind));
    await Promise.all(first.map((taskKind) => this.#loading.get(taskKind)));
  }

  /** Follows the active versions, and waits until all of them have been loaded. */
  async followAll(active: readonly ActiveVersion[]): Promise<void> {
    // Another version may become active in the meantime.
    for (let due = this.#loadDue(active); due.length > 0; due = this.#loadDue(this.#active))
      await Promise.all(due.map((taskKind) => this.#loading.get(taskKind)));
  }

  /** Begins to load the versions that are due, and returns their kinds. */
  #loadDue(active: readonly ActiveVersion[]): TaskKind[] {
    this.#active = active;
    for (const taskKind of [...this.#current.keys(), ...this.#failed.keys()])
      if (!active.some((version) => version.taskKind === taskKind)) this.#forget(taskKind);
    for (const [taskKind, { versionId }] of this.#failed)
      if (!active.some((version) => version.versionId === versionId)) this.#failed.delete(taskKind);
    const due = active.filter((version) => this.#isDue(version));
    for (const version of due) this.#begin(version);
    return due.map(({ taskKind }) => taskKind);
  }

  /** Loads one version of a kind at a time. */
  #begin(version: ActiveVersion): void {
    const { taskKind } = version;
    if (this.#loading.has(taskKind)) return;
    const loading = this.#load(version).finally(() => this.#loading.delete(taskKind));
    // Nobody may be waiting for it.
    loading.catch(() => {});
    this.#loading.set(taskKind, loading);
  }

  #forget(taskKind: TaskKind): void {
    this.#current.delete(taskKind);
    this.#failed.delete(taskKind);
  }

  /** Whether a version is to be loaded: it neither makes lists nor has failed lately. */
  #isDue({ taskKind, versionId }: ActiveVersion): boolean {
    if (this.#current.get(taskKind)?.versionId === versionId) return false;
    const failed = this.#failed.get(taskKind);
    return failed?.versionId !== versionId || performance.now() - failed.at > retryMilliseconds;
  }

  async #load(version: ActiveVersion): Promise<void> {
    const { taskKind, versionId } = version;
    if (await this.#isUsable(version)) {
      if (!this.#isActive(version)) return;
      this.#current.set(taskKind, version);
      this.#failed.delete(taskKind);
      return;
    }
    // A server that starts has no version before it in memory.
    const instead = this.#current.has(taskKind) ? undefined : await this.#firstUsable(version);
    if (!this.#isActive(version)) return;
    if (instead) this.#current.set(taskKind, instead);
    this.#failed.set(taskKind, { versionId, at: performance.now() });
  }

  #isActive({ versionId }: ActiveVersion): boolean {
    return this.#active.some((active) => active.versionId === versionId);
  }

  async #firstUsable(version: ActiveVersion): Promise<ActiveVersion | undefined> {
    for (const earlier of await this.#options.earlierVersions(version))
      if (await this.#isUsable(earlier)) return earlier;
    return undefined;
  }

  /** Loads a version and lets it score some items. Reports the reason if it must not make lists. */
  async #isUsable({ taskKind, versionId }: ActiveVersion): Promise<boolean> {
    const { models, probe, observer } = this.#options;
    try {
      await models.use(versionId, probe);
      return true;
    } catch (error) {
      // The next list tries again.
      if (isDatabaseError(error)) throw error;
      observer.refusedModel(taskKind, versionId, error);
      return false;
    }
  }
}
