import { EventEmitter } from 'node:events';
import { WarmstartError } from '../common/errors.ts';
import type { FeatureField, Features } from '../features/feature-schema.ts';
import type { InteractionTypes } from '../features/interaction-types.ts';
import { type OnIgnored, readableFeatures } from '../features/readable-features.ts';
import type { Connections } from '../store/prepared.ts';
import { type CatalogEvents, CatalogReader } from './catalog-reader.ts';
import { CatalogReadings } from './catalog-readings.ts';
import { FilterMarks } from './filter-marks.ts';
import type { ItemTable } from './item-table.ts';
import type { ActiveVersion } from './read-catalog.ts';
import type { ScenarioTable } from './scenario-table.ts';

export interface LiveCatalogOptions {
  readonly connections: Connections;
  /** Maximum number of items in memory. Default: 2,000,000. */
  readonly maxItems?: number;
  /** Receives stored features that are ignored, since their value is not of the declared kind. */
  readonly onIgnored?: OnIgnored;
}

/**
 * What lists are made of, in the memory of a server: items, scenarios, declared features, popularity, and the active
 * model versions. It follows what any server writes.
 */
export class LiveCatalog extends EventEmitter<CatalogEvents> {
  readonly items: ItemTable;
  readonly scenarios: ScenarioTable;
  readonly filters: FilterMarks;
  readonly #reader: CatalogReader;
  readonly #readings: CatalogReadings;
  readonly #maxItems: number;
  readonly #onIgnored: OnIgnored;

  private constructor({ connections, maxItems = 2_000_000, onIgnored = () => {} }: LiveCatalogOptions) {
    super();
    const report = (event: keyof CatalogEvents) => void this.emit(event);
    this.#reader = new CatalogReader({ connections, maxItems, report, onIgnored });
    this.#readings = new CatalogReadings(() => this.#reader.catchUp());
    this.#maxItems = maxItems;
    this.#onIgnored = onIgnored;
    this.items = this.#reader.items;
    this.scenarios = this.#reader.scenarios;
    this.filters = new FilterMarks(this.items);
  }

  /** Reads the catalog. Throws INVALID_CONFIGURATION if there are more items than `maxItems`. */
  static async open(options: LiveCatalogOptions): Promise<LiveCatalog> {
    const catalog = new LiveCatalog(options);
    await catalog.#reader.load();
    if (catalog.#reader.isFull) throw tooMany(catalog.#maxItems);
    return catalog;
  }

  /** The declared features of users and items. */
  get fields(): readonly FeatureField[] {
    return this.#reader.fields;
  }

  /** The declared types of interactions. */
  get types(): InteractionTypes {
    return this.#reader.types;
  }

  /** Waits until these types are in memory, if any server has declared them. */
  async awaitTypes(names: readonly string[]): Promise<void> {
    if (names.some((name) => this.types.indexOf(name) === undefined)) await this.catchUp();
  }

  /** Returns the declared features of a stored user, see `readableFeatures`. */
  featuresOfUser(externalId: string, stored: unknown): Features {
    return readableFeatures(this.fields, 'user', this.#onIgnored)(externalId, stored);
  }

  get activeVersions(): readonly ActiveVersion[] {
    return this.#reader.activeVersions;
  }

  /** The ID of the latest interaction that popularity counts; 0 without interactions. */
  get watermark(): bigint {
    return this.#reader.watermark;
  }

  /**
   * The maximum number of items, if it could be exceeded by what the catalog does not have yet: it lacks what other
   * servers have stored in the last second. `undefined` if it is far off.
   */
  get maxItemsIfNear(): number | undefined {
    return this.items.size < this.#maxItems - nearlyFull ? undefined : this.#maxItems;
  }

  /** Whether recent changes may be missing, since the database does not answer, or not in time. */
  get isStale(): boolean {
    return this.#readings.areLate;
  }

  /** Notes that this server has just stored something, so that `upToDate` waits for it. */
  noteWrite(): void {
    this.#readings.noteWrite();
  }

  /** Waits until everything is in memory that this server has stored, but not for long. See `CatalogReadings`. */
  upToDate(): Promise<void> {
    return this.#readings.upToDate();
  }

  /**
   * Reads what has changed, except for large changes, such as an import: these go on in the background. Rejects if the
   * database does not answer; what was not read is then read by the next call.
   */
  catchUp(): Promise<void> {
    return this.#readings.catchUp();
  }

  /** Reads everything that has changed, large changes included. */
  async refresh(): Promise<void> {
    await this.catchUp();
    await this.#reader.finish();
  }
}

/** More items than all servers together store within a second. */
const nearlyFull = 50_000;

function tooMany(maxItems: number): WarmstartError {
  return new WarmstartError(
    'INVALID_CONFIGURATION',
    `WARMSTART_MAX_ITEMS: a server keeps at most ${maxItems} items in memory, and the catalog has more; raise the setting`,
  );
}
