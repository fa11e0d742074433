import type { Features } from '../features/feature-schema.ts';
import type { Item, Scenario } from '../store/database.ts';
import type { ItemTable } from './item-table.ts';
import type { LiveCatalog } from './live-catalog.ts';

/**
 * Returns an item of a list by internal ID, as the catalog has it now; `null` if it has none with this ID. An item that
 * was deleted while the list was made is returned as it was.
 */
export function liveItem({ items }: LiveCatalog, id: number): Item | null {
  const row = items.lastRowOf(id);
  return row === undefined ? null : new LiveItem(items, row);
}

/** Returns items by internal ID, in the order of `ids`; `null` for an ID that no item has. */
export function liveItems(catalog: LiveCatalog, ids: readonly number[]): Promise<(Item | null)[]> {
  return find(catalog, ids, (id) => (catalog.items.rowOf(id) === undefined ? null : liveItem(catalog, id)));
}

/** Returns scenarios by internal ID, in the order of `ids`; `null` for an ID that no scenario has. */
export function liveScenarios(catalog: LiveCatalog, ids: readonly number[]): Promise<(Scenario | null)[]> {
  return find(catalog, ids, (id) => catalog.scenarios.byId(id) ?? null);
}

/** Another server may have just stored what is not found, so the catalog is then refreshed. */
async function find<T>(
  catalog: LiveCatalog,
  ids: readonly number[],
  byId: (id: number) => T | null,
): Promise<(T | null)[]> {
  await catalog.upToDate();
  const found = ids.map(byId);
  if (!found.includes(null)) return found;
  await catalog.catchUp();
  return ids.map(byId);
}

/** An item as a row of the database. Most clients read few of its columns. */
class LiveItem implements Item {
  readonly id: number;
  readonly externalId: string;
  readonly title: string;
  readonly available: boolean;
  readonly revision: number;
  readonly #items: ItemTable;
  readonly #row: number;

  constructor(items: ItemTable, row: number) {
    this.id = items.ids[row] as number;
    this.externalId = items.externalIdOf(row);
    this.title = items.titleOf(row);
    this.available = items.availability.isSwitchedOn(row);
    this.revision = items.storedRevisionOf(row);
    this.#items = items;
    this.#row = row;
  }

  get features(): Item['features'] {
    return this.#items.featuresOf(this.#row) as Features as Item['features'];
  }

  get availableFrom(): Date | null {
    return this.#items.availability.from(this.#row);
  }

  get availableUntil(): Date | null {
    return this.#items.availability.until(this.#row);
  }

  get createdAt(): Date {
    return this.#items.createdAt(this.#row);
  }

  get updatedAt(): Date {
    return this.#items.updatedAt(this.#row);
  }
}
