import type { LimitFunction } from 'p-limit';
import type { Connections } from '../store/prepared.ts';
import type { ItemTable, ItemTuple } from './item-table.ts';
import { firstOf, readItemsAfter, readPopularityAfter, readScenariosAfter } from './read-catalog.ts';
import type { ScenarioTable, ScenarioTuple } from './scenario-table.ts';

/** What large changes are read with, and into. */
export interface LargeChangesOptions {
  readonly connections: Connections;
  readonly items: ItemTable;
  readonly scenarios: ScenarioTable;
  /** Runs one reading at a time. */
  readonly one: LimitFunction;
  readonly watermark: () => bigint;
  /** How many items are read at once. */
  readonly itemsPerPage: () => number;
  readonly readItems: (ids: readonly number[]) => Promise<void>;
  readonly putItems: (items: readonly ItemTuple[]) => void;
}

/** Rows removed at once. */
const rowsPerTurn = 10_000;

/**
 * Changes of many rows, such as by an import, or after which everything must be read again. They are read page by page,
 * and other readings come between the pages. What a failed reading has left is read by the next one.
 */
export class LargeChanges {
  readonly #options: LargeChangesOptions;
  readonly #items = new Set<number>();
  #allItems = false;
  #allPopularity = false;
  #allScenarios = false;
  /** While all items are read: 1 for the row of each item that was not found yet. */
  #missing = new Uint8Array();
  /** The same for scenarios, by ID. */
  #missingScenarios = new Set<number>();
  #running: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(options: LargeChangesOptions) {
    this.#options = options;
  }

  noteItems(ids: readonly number[]): void {
    for (const id of ids) this.#items.add(id);
  }

  noteAllItems(): void {
    this.#allItems = true;
  }

  noteAllPopularity(): void {
    this.#allPopularity = true;
  }

  noteAllScenarios(): void {
    this.#allScenarios = true;
  }

  /** Notes items and scenarios that another reading has found. */
  keepItems(items: readonly ItemTuple[]): void {
    for (const [id] of items) {
      const row = this.#options.items.rowOf(id);
      if (row !== undefined && row < this.#missing.length) this.#missing[row] = 0;
    }
  }

  keepScenarios(scenarios: readonly ScenarioTuple[]): void {
    for (const [id] of scenarios) this.#missingScenarios.delete(id);
  }

  /** Begins to read what was noted. Throws if an earlier reading has failed since the last call. */
  start(): void {
    const failure = this.#failure;
    this.#failure = undefined;
    this.#running ??= this.read()
      .catch((error: unknown) => {
        this.#failure = { error };
      })
      .finally(() => {
        this.#running = undefined;
      });
    if (failure) throw failure.error;
  }

  /** Waits until everything that was noted has been read. Throws if that has failed. */
  async finish(): Promise<void> {
    await this.#running;
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure) throw failure.error;
  }

  /** Reads what was noted, and what is noted in the meantime. */
  async read(): Promise<void> {
    while (this.#items.size > 0 || this.#allItems || this.#allPopularity || this.#allScenarios) {
      if (this.#allItems) await this.#readAllItems();
      else if (this.#items.size > 0) await this.#readItems();
      else if (this.#allPopularity) await this.#readAllPopularity();
      else await this.#readAllScenarios();
    }
  }

  /** Pools are read afterwards, since they can have items that were not in memory before. */
  async #readItems(): Promise<void> {
    const page = firstOf(this.#items, this.#options.itemsPerPage());
    await this.#options.one(() => this.#options.readItems(page));
    for (const id of page) this.#items.delete(id);
    this.#allScenarios = true;
  }

  async #readAllItems(): Promise<void> {
    const { items, one, connections, itemsPerPage } = this.#options;
    // If the table is emptied once more, it is noted again.
    this.#allItems = false;
    try {
      this.#missing = items.exists.slice(0, items.rows);
      for (let last: number | undefined = 0; last !== undefined; ) {
        const after: number = last;
        last = await one(async () => {
          const page = await readItemsAfter(connections, after, itemsPerPage());
          this.#options.putItems(page);
          this.keepItems(page);
          return page.at(-1)?.[0];
        });
      }
      await this.#removeMissing();
      this.#allScenarios = true;
    } catch (error) {
      this.#allItems = true;
      throw error;
    } finally {
      this.#missing = new Uint8Array();
    }
  }

  async #removeMissing(): Promise<void> {
    const { items, one } = this.#options;
    for (let start = 0; start < this.#missing.length; start += rowsPerTurn)
      await one(async () => {
        const end = Math.min(start + rowsPerTurn, this.#missing.length);
        for (let row = start; row < end; row++) {
          const id = items.ids[row] as number;
          // The row may have been left, and the ID given to a new item.
          if (this.#missing[row] === 1 && items.rowOf(id) === row) items.remove(id);
        }
      });
  }

  /** Until it ends, some counts are newer than others. A page of popular items that began before can then shift. */
  async #readAllPopularity(): Promise<void> {
    const { items, scenarios, one, connections, watermark } = this.#options;
    this.#allPopularity = false;
    try {
      for (let last: number | undefined = 0; last !== undefined; ) {
        const after: number = last;
        last = await one(async () => {
          const page = await readPopularityAfter(connections, after);
          items.setPopularities(page);
          return page[0].at(-1);
        });
      }
      scenarios.noteAll(watermark());
    } catch (error) {
      this.#allPopularity = true;
      throw error;
    }
  }

  async #readAllScenarios(): Promise<void> {
    const { scenarios, one, connections, watermark } = this.#options;
    this.#allScenarios = false;
    try {
      this.#missingScenarios = new Set(scenarios.ids());
      for (let last: number | undefined = 0; last !== undefined; ) {
        const after: number = last;
        last = await one(async () => {
          const page = await readScenariosAfter(connections, after);
          for (const scenario of page) scenarios.put(scenario, watermark());
          this.keepScenarios(page);
          return page.at(-1)?.[0];
        });
      }
      for (const id of this.#missingScenarios) scenarios.remove(id);
    } catch (error) {
      this.#allScenarios = true;
      throw error;
    } finally {
      this.#missingScenarios.clear();
    }
  }
}
