import { EventEmitter } from 'node:events';
import { declaredFields } from '../catalog/feature-fields.ts';
import { inputError, WarmstartError } from '../common/errors.ts';
import type { FeatureField } from '../features/feature-schema.ts';
import type { Database } from '../store/database.ts';
import type { Connections } from '../store/prepared.ts';
import { FilterMarks } from './filter-marks.ts';
import { ItemTable, type ItemTuple } from './item-table.ts';
import {
  type ActiveVersion,
  type PopularityTuple,
  readActiveVersions,
  readAllItems,
  readAllPopularity,
  readItems,
  readScenarios,
} from './read-catalog.ts';
import {
  type ChangeSubject,
  type Changes,
  end,
  forgetOldChanges,
  readableMilliseconds,
  readChanges,
} from './read-changes.ts';
import { ScenarioTable } from './scenario-table.ts';

export interface LiveCatalogOptions {
  readonly database: Database;
  readonly connections: Connections;
  /** Maximum number of items in memory. Default: 2,000,000. */
  readonly maxItems?: number;
}

/** After this time, a reading counts as one that the database does not answer. */
const longReadingMilliseconds = 5000;

interface LiveCatalogEvents {
  /** Another model version has become active. */
  readonly models: [];
  /** API keys were changed or deleted. */
  readonly keys: [];
}

/**
 * What lists are made of, in the memory of a server: items, scenarios, declared features, popularity, and the active
 * model versions. `refresh` brings it up to date with what any server has written.
 */
export class LiveCatalog extends EventEmitter<LiveCatalogEvents> {
  readonly items = new ItemTable();
  readonly scenarios = new ScenarioTable(this.items);
  readonly filters = new FilterMarks(this.items);
  readonly #database: Database;
  readonly #connections: Connections;
  readonly #maxItems: number;
  #fields: readonly FeatureField[] = [];
  #activeVersions: readonly ActiveVersion[] = [];
  #watermark = 0n;
  #position = '0';
  #readAt = 0;
  #readingSince = Number.POSITIVE_INFINITY;
  // How many writes of this server were noted, are being read, and are in memory.
  #noted = 0;
  #beingRead = 0;
  #inMemory = 0;
  #stale = false;
  #running: Promise<void> | undefined;
  #queued: Promise<void> | undefined;

  private constructor({ database, connections, maxItems = 2_000_000 }: LiveCatalogOptions) {
    super();
    this.#database = database;
    this.#connections = connections;
    this.#maxItems = maxItems;
  }

  /** Reads the catalog. Throws INVALID_CONFIGURATION if there are more items than `maxItems`. */
  static async open(options: LiveCatalogOptions): Promise<LiveCatalog> {
    const catalog = new LiveCatalog(options);
    await catalog.refresh();
    return catalog;
  }

  /** The declared features of users and items. */
  get fields(): readonly FeatureField[] {
    return this.#fields;
  }

  get activeVersions(): readonly ActiveVersion[] {
    return this.#activeVersions;
  }

  /** The ID of the latest interaction that popularity counts; 0 without interactions. */
  get watermark(): bigint {
    return this.#watermark;
  }

  /** Throws BAD_USER_INPUT if not all of these items fit into the memory of a server. Known items are in it already. */
  checkRoom(externalIds: readonly string[]): void {
    const added = externalIds.filter((id) => this.items.rowOfExternalId(id) === undefined).length;
    if (this.items.rows + added <= this.#maxItems) return;
    throw inputError(['items'], `a server keeps at most ${this.#maxItems} items in memory; raise WARMSTART_MAX_ITEMS`);
  }

  /** Whether the last reading failed or has been running for seconds, so that recent changes may be missing. */
  get isStale(): boolean {
    return this.#stale || performance.now() - this.#readingSince > longReadingMilliseconds;
  }

  /** Notes that this server has just stored something, so that `upToDate` reads it. */
  noteWrite(): void {
    this.#noted++;
  }

  /**
   * Waits until everything is in memory that this server has stored, also if that is being read already. If the database
   * does not answer, the catalog stays as it is, and the next call tries again.
   */
  async upToDate(): Promise<void> {
    if (this.#inMemory === this.#noted) return;
    const reading = this.#beingRead === this.#noted ? this.#running : undefined;
    await (reading ?? this.refresh()).catch(() => {});
  }

  /**
   * Reads what has changed. Calls at about the same time share a reading, which begins after each of them. Rejects if
   * the database does not answer; the catalog then stays as it was.
   */
  refresh(): Promise<void> {
    if (!this.#running) {
      this.#running = this.#readAndNote().finally(() => {
        this.#running = undefined;
      });
      return this.#running;
    }
    this.#queued ??= this.#running
      .catch(() => {})
      .then(() => {
        this.#queued = undefined;
        return this.refresh();
      });
    return this.#queued;
  }

  /** Deletes entries of the change log that all servers have read. */
  forgetOldChanges(): Promise<void> {
    return forgetOldChanges(this.#connections);
  }

  async #readAndNote(): Promise<void> {
    this.#readingSince = performance.now();
    try {
      await this.#read();
      this.#stale = false;
    } catch (error) {
      this.#stale = true;
      throw error;
    } finally {
      this.#readingSince = Number.POSITIVE_INFINITY;
    }
  }

  async #read(): Promise<void> {
    this.#beingRead = this.#noted;
    const now = performance.now();
    // After a long outage, changes may have been deleted from the log before they were read.
    if (this.#readAt === 0 || now - this.#readAt > readableMilliseconds) await this.#readAll();
    await this.#apply(await readChanges(this.#connections, this.#position));
    this.#readAt = now;
    this.#inMemory = this.#beingRead;
  }

  async #readAll(): Promise<void> {
    const { position, watermark } = await readChanges(this.#connections, end);
    this.#watermark = watermark;
    await this.#readFields();
    const removed = new Set(this.#ids());
    for await (const page of readAllItems(this.#connections)) for (const id of this.#putItems(page)) removed.delete(id);
    for (const id of removed) this.items.remove(id);
    await this.#readAllPopularity();
    await this.#readScenarios('all');
    this.#activeVersions = await readActiveVersions(this.#connections);
    this.#position = position;
  }

  async #apply({ position, watermark, changed, popularity }: Changes): Promise<void> {
    if (changed.has('FIELD')) await this.#readFields();
    const items = changed.get('ITEM');
    if (items === 'all') await this.#readAll();
    else if (items) await this.#readItems(items);
    if (changed.has('POPULARITY')) {
      await this.#readAllPopularity();
      this.scenarios.noteAll(watermark);
    }
    this.scenarios.noteInteractions(this.#countPopularity(popularity), watermark);
    this.#watermark = watermark;
    const scenarios = changed.get('SCENARIO');
    if (scenarios) await this.#readScenarios(scenarios);
    if (changed.has('MODEL')) this.#activeVersions = await readActiveVersions(this.#connections);
    this.#position = position;
    this.#report(changed);
  }

  #report(changed: ReadonlyMap<ChangeSubject, unknown>): void {
    if (changed.has('MODEL')) this.emit('models');
    if (changed.has('KEY')) this.emit('keys');
  }

  async #readFields(): Promise<void> {
    this.#fields = await declaredFields(this.#database);
    this.items.declare(this.#fields);
  }

  async #readItems(ids: readonly number[]): Promise<void> {
    const removed = new Set(ids);
    for await (const page of readItems(this.#connections, ids))
      for (const id of this.#putItems(page)) removed.delete(id);
    for (const id of removed) this.items.remove(id);
  }

  /** Returns the IDs of the items. */
  #putItems(page: readonly ItemTuple[]): number[] {
    for (const item of page) {
      if (this.items.rows >= this.#maxItems && this.items.rowOf(item[0]) === undefined) throw tooMany(this.#maxItems);
      this.items.put(item);
    }
    return page.map(([id]) => id);
  }

  /** Counts nothing before everything is read, so that lists never see half of it. */
  async #readAllPopularity(): Promise<void> {
    const pages: (readonly PopularityTuple[])[] = [];
    for await (const page of readAllPopularity(this.#connections)) pages.push(page);
    this.items.interactions.fill(0);
    this.items.positives.fill(0);
    for (const page of pages) this.#countPopularity(page);
  }

  #countPopularity(popularity: readonly PopularityTuple[]): number[] {
    return popularity.flatMap((tuple) => this.items.setPopularity(...tuple) ?? []);
  }

  async #readScenarios(changed: readonly number[] | 'all'): Promise<void> {
    const found = await readScenarios(this.#connections, changed === 'all' ? null : changed);
    const removed = new Set(changed === 'all' ? this.scenarios.ids() : changed);
    for (const scenario of found) {
      this.scenarios.put(scenario, this.#watermark);
      removed.delete(scenario[0]);
    }
    for (const id of removed) this.scenarios.remove(id);
  }

  #ids(): number[] {
    return [...this.items.ids.subarray(0, this.items.rows)].filter((id) => this.items.rowOf(id) !== undefined);
  }
}

function tooMany(maxItems: number): WarmstartError {
  return new WarmstartError(
    'INVALID_CONFIGURATION',
    `WARMSTART_MAX_ITEMS: a server keeps at most ${maxItems} items in memory, and the catalog has more; raise the setting`,
  );
}
