import pLimit from 'p-limit';
import type { FeatureField } from '../features/feature-schema.ts';
import { InteractionTypes } from '../features/interaction-types.ts';
import type { OnIgnored } from '../features/readable-features.ts';
import type { Connections } from '../store/prepared.ts';
import { ItemTable, type ItemTuple } from './item-table.ts';
import { LargeChanges } from './large-changes.ts';
import {
  type ActiveVersion,
  firstOf,
  itemsPerPage,
  readActiveVersions,
  readAllItems,
  readFields,
  readItems,
  readScenarios,
  readTypes,
  scenariosPerPage,
} from './read-catalog.ts';
import { type Position, readChanges, readMoment, type SubjectChange } from './read-changes.ts';
import { ScenarioTable } from './scenario-table.ts';

/** What a reader reports. */
export interface CatalogEvents {
  /** Another model version has become active. */
  readonly models: [];
  /** API keys were changed or deleted. */
  readonly keys: [];
  /** There are more items than the maximum. The rest is not in memory. */
  readonly full: [];
}

export interface CatalogReaderOptions {
  readonly connections: Connections;
  readonly maxItems: number;
  readonly report: (event: keyof CatalogEvents) => void;
  readonly onIgnored: OnIgnored;
}

/**
 * Reads the catalog into tables, and follows its changes. Small changes come first: one that many rows are part of, such
 * as an import, is read in the background, page by page, with other changes between the pages.
 */
export class CatalogReader {
  readonly items: ItemTable;
  readonly scenarios: ScenarioTable;
  fields: readonly FeatureField[] = [];
  types = new InteractionTypes();
  activeVersions: readonly ActiveVersion[] = [];
  watermark = 0n;
  readonly #options: CatalogReaderOptions;
  #position: Position | undefined;
  /** Readings of one page, with what they change in memory, one at a time: the last one has read the newest state. */
  readonly #one = pLimit(1);
  readonly #large: LargeChanges;
  // What has changed and was not read yet.
  readonly #changedItems = new Set<number>();
  readonly #changedScenarios = new Set<number>();
  #fieldsChanged = false;
  #typesChanged = false;
  #modelsChanged = false;
  #isFull = false;

  constructor(options: CatalogReaderOptions) {
    this.#options = options;
    this.items = new ItemTable(options.onIgnored);
    this.scenarios = new ScenarioTable(this.items);
    this.#large = new LargeChanges({
      ...{ connections: options.connections, items: this.items, scenarios: this.scenarios, one: this.#one },
      watermark: () => this.watermark,
      itemsPerPage: () => itemsPerPage(this.fields),
      readItems: (ids) => this.#readItems(ids),
      putItems: (items) => this.#putItems(items),
    });
  }

  /** Whether items were left out, since there are more than the maximum. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** Reads everything for the first time. Stops at the first item that is too many. */
  async load(): Promise<void> {
    const { connections } = this.#options;
    const { position, watermark } = await readMoment(connections);
    this.watermark = watermark;
    await this.#readFields();
    await this.#readTypes();
    for await (const page of readAllItems(connections, itemsPerPage(this.fields))) {
      this.#putItems(page);
      if (this.#isFull) return;
    }
    this.#large.noteAllScenarios();
    await this.#large.read();
    this.activeVersions = await readActiveVersions(connections);
    this.#position = position;
    await this.catchUp();
  }

  /** Reads what has changed, except for large changes, which it begins to read. Throws if one of these has failed. */
  async catchUp(): Promise<void> {
    await this.#one(() => this.#readLog());
    if (this.#modelsChanged) await this.#readModels();
    if (this.#typesChanged) await this.#readTypes();
    if (this.#fieldsChanged) await this.#one(() => this.#readFields());
    await this.#inPages(this.#changedItems, itemsPerPage(this.fields), (ids) => this.#readItems(ids));
    await this.#inPages(this.#changedScenarios, scenariosPerPage, (ids) => this.#readScenarios(ids));
    this.#large.start();
  }

  /** Waits until large changes have been read too. */
  finish(): Promise<void> {
    return this.#large.finish();
  }

  /** Puts items into their table, as many as fit. */
  #putItems(items: readonly ItemTuple[]): void {
    for (const item of items) {
      if (this.items.size < this.#options.maxItems || this.items.rowOf(item[0]) !== undefined) this.items.put(item);
      else this.#noteFull();
    }
  }

  #noteFull(): void {
    if (!this.#isFull) this.#options.report('full');
    this.#isFull = true;
  }

  async #readLog(): Promise<void> {
    const changes = await readChanges(this.#options.connections, this.#position as Position);
    this.#position = changes.position;
    for (const change of changes.changes) this.#note(change);
    if (changes.lost) this.#noteEverything();
    if (changes.allPopularity) this.#large.noteAllPopularity();
    this.scenarios.noteInteractions(this.items.setPopularities(changes.popularity), changes.watermark);
    this.watermark = changes.watermark;
  }

  #note({ subject, large, ids }: SubjectChange): void {
    if (subject === 'KEY') this.#options.report('keys');
    else if (subject === 'MODEL') this.#modelsChanged = true;
    else if (subject === 'FIELD') this.#fieldsChanged = true;
    else if (subject === 'TYPE') this.#typesChanged = true;
    else if (subject === 'ITEM') this.#noteItems(large, ids);
    else if (large || !ids) this.#large.noteAllScenarios();
    else for (const id of ids) this.#changedScenarios.add(id);
  }

  #noteItems(large: boolean, ids: readonly number[] | null): void {
    if (!ids) this.#large.noteAllItems();
    else if (large) this.#large.noteItems(ids);
    else for (const id of ids) this.#changedItems.add(id);
  }

  #noteEverything(): void {
    this.#fieldsChanged = true;
    this.#typesChanged = true;
    this.#modelsChanged = true;
    this.#large.noteAllItems();
    this.#large.noteAllPopularity();
    this.#options.report('keys');
  }

  async #readModels(): Promise<void> {
    this.activeVersions = await readActiveVersions(this.#options.connections);
    this.#modelsChanged = false;
    this.#options.report('models');
  }

  async #readTypes(): Promise<void> {
    this.types = await readTypes(this.#options.connections);
    this.#typesChanged = false;
  }

  async #readFields(): Promise<void> {
    this.fields = await readFields(this.#options.connections);
    // Items can already have a feature that was declared before and is declared again.
    if (this.items.declare(this.fields) && this.items.size > 0) this.#large.noteAllItems();
    this.#fieldsChanged = false;
  }

  /** Takes IDs from a set as they are read, so that those left after a failure are read by the next call. */
  async #inPages(ids: Set<number>, size: number, read: (ids: readonly number[]) => Promise<void>): Promise<void> {
    while (ids.size > 0) {
      const page = firstOf(ids, size);
      await this.#one(() => read(page));
      for (const id of page) ids.delete(id);
    }
  }

  /** Removes before it adds: an item that was deleted and stored again has the same external ID. */
  async #readItems(ids: readonly number[]): Promise<void> {
    const found = await readItems(this.#options.connections, ids);
    const removed = new Set(ids);
    for (const [id] of found) removed.delete(id);
    for (const id of removed) this.items.remove(id);
    this.#putItems(found);
    this.#large.keepItems(found);
  }

  async #readScenarios(ids: readonly number[]): Promise<void> {
    const found = await readScenarios(this.#options.connections, ids);
    const removed = new Set(ids);
    for (const [id] of found) removed.delete(id);
    for (const id of removed) this.scenarios.remove(id);
    for (const scenario of found) this.scenarios.put(scenario, this.watermark);
    this.#large.keepScenarios(found);
  }
}
