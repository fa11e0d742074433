import type { FeatureField, Features } from '../features/feature-schema.ts';
import type { OnIgnored } from '../features/readable-features.ts';
import { AvailableRows, type RowAvailability } from './available-rows.ts';
import type { FeatureColumn } from './feature-columns.ts';
import { withRoomFor } from './growable.ts';
import { ItemFeatures } from './item-features.ts';

/**
 * An item as PostgreSQL sends it to the live catalog. Times are in milliseconds since 1970. The counts, by default 0, are
 * those of a new item: later ones come by `setPopularities`.
 */
export type ItemTuple = readonly [
  id: number,
  externalId: string,
  title: string,
  /** As stored: they can be undeclared, or of another kind. */
  features: Features,
  /** Whether it is switched on: it is available only between its times. */
  available: boolean,
  revision: number,
  createdAt: number,
  updatedAt: number,
  interactions?: number,
  positives?: number,
  availableFrom?: number | null,
  availableUntil?: number | null,
];

/** For each item its internal ID, its interactions, and how many of them are positive. Short to send and to parse. */
export type PopularityColumns = readonly [
  itemIds: readonly number[],
  interactions: readonly number[],
  positives: readonly number[],
];

/** Number of changes whose rows are known. */
const rememberedChanges = 2 ** 16;
/** Number of removed items that can still be read. */
const rememberedRemovals = 1000;

/**
 * All items, as columns. An item keeps its row as long as the table exists; new items get the next rows. Arrays have at
 * least `rows` elements, and are replaced when the table grows.
 */
export class ItemTable {
  /** Internal IDs. */
  ids = new Int32Array();
  /**
   * Another number whenever the features of a row may have changed. No two rows, and no two items, ever have the same
   * number, also if an item is deleted and stored again.
   */
  revisions = new Int32Array();
  /** 1 for each item that exists. */
  exists = new Uint8Array();
  /** When items are available. */
  readonly availability: AvailableRows;
  /** The numbers of positive interactions, and of all interactions. */
  positives = new Int32Array();
  interactions = new Int32Array();
  #rows = 0;
  #revisions = 0;
  #changes = 0;
  /** Before this change, it is not known which rows have changed. */
  #firstKnownChange = 0;
  readonly #changedRows = new Int32Array(rememberedChanges);
  #newestId = 0;
  #storedRevisions = new Int32Array();
  #createdAt = new Float64Array();
  #updatedAt = new Float64Array();
  readonly #externalIds: string[] = [];
  readonly #titles: string[] = [];
  readonly #rowsById = new Map<number, number>();
  /** The rows of the items that were removed last, by internal ID, in this order. */
  readonly #removedRows = new Map<number, number>();
  readonly #rowsByExternalId = new Map<string, number>();
  readonly #features: ItemFeatures;

  /** See `ItemFeatures` and `AvailableRows`. */
  constructor(onIgnored: OnIgnored = () => {}, now?: () => number) {
    this.#features = new ItemFeatures(onIgnored);
    this.availability = new AvailableRows(now);
  }

  /** 1 for each item that exists and is available now. Later changes of the marks are no `changes` of the table. */
  get available(): Uint8Array {
    return this.availability.marks;
  }

  /** The number of rows, including those of deleted items. */
  get rows(): number {
    return this.#rows;
  }

  /** The number of items. */
  get size(): number {
    return this.#rowsById.size;
  }

  /** How often an item was added, changed or removed, or features were declared or undeclared. Popularity is no change. */
  get changes(): number {
    return this.#changes;
  }

  /** Returns the rows that have changed since `changes` was this number; `undefined` if they are not known any more. */
  changedSince(changes: number): Int32Array | undefined {
    if (changes < this.#firstKnownChange || this.#changes - changes > rememberedChanges) return undefined;
    const rows = new Int32Array(this.#changes - changes);
    for (let place = 0; place < rows.length; place++)
      rows[place] = this.#changedRows[(changes + place) % rememberedChanges] as number;
    return rows;
  }

  /** The largest internal ID; 0 without items. */
  get newestId(): number {
    return this.#newestId;
  }

  /** Returns the row of an item by internal ID, or by external ID; `undefined` if there is no such item. */
  rowOf(id: number): number | undefined {
    return this.#rowsById.get(id);
  }

  /** Returns the row of an item by internal ID, also if it has just been removed. */
  lastRowOf(id: number): number | undefined {
    return this.#rowsById.get(id) ?? this.#removedRows.get(id);
  }

  rowOfExternalId(externalId: string): number | undefined {
    return this.#rowsByExternalId.get(externalId);
  }

  externalIdOf(row: number): string {
    return this.#externalIds[row] as string;
  }

  titleOf(row: number): string {
    return this.#titles[row] as string;
  }

  /** Returns the revision of an item in the database. */
  storedRevisionOf(row: number): number {
    return this.#storedRevisions[row] as number;
  }

  createdAt(row: number): Date {
    return new Date(this.#createdAt[row] as number);
  }

  updatedAt(row: number): Date {
    return new Date(this.#updatedAt[row] as number);
  }

  /** Returns the declared features that an item has. */
  featuresOf(row: number): Features {
    return this.#features.of(row);
  }

  /** Returns the values of a declared feature. */
  column(name: string): FeatureColumn | undefined {
    return this.#features.column(name);
  }

  /**
   * Takes the declared features: removes the columns of item features that are not declared any more, and adds columns
   * for new ones. Returns whether it added columns. Items do not have these features until they are put again.
   */
  declare(fields: readonly FeatureField[]): boolean {
    const { removed, added } = this.#features.declare(fields);
    for (const column of removed)
      for (let row = 0; row < this.#rows; row++) if (column.has(row)) this.revisions[row] = ++this.#revisions;
    if (removed.length + added > 0) this.#firstKnownChange = ++this.#changes;
    return added > 0;
  }

  /** Adds an item, or replaces it. Does nothing if the table has it like this. */
  put(item: ItemTuple): void {
    const [id, externalId, title, features, , revision, createdAt, updatedAt] = item;
    const known = this.#rowsById.get(id);
    const isSame = known !== undefined && this.#has(known, item);
    if (isSame && this.#features.isRead(known)) return;
    const row = known ?? this.#addRow(item);
    const gained = this.#features.set(row, externalId, features);
    if (isSame && !gained) return;
    this.#name(row, externalId);
    this.#titles[row] = title;
    // An item that was deleted and stored again can have the same ID and revision as before.
    if (gained || this.#storedRevisions[row] !== revision || this.#createdAt[row] !== createdAt)
      this.revisions[row] = ++this.#revisions;
    this.availability.set(row, availabilityOf(item));
    this.#storedRevisions[row] = revision;
    this.#createdAt[row] = createdAt;
    this.#updatedAt[row] = updatedAt;
    this.#noteChange(row);
  }

  /** Sets how many interactions items have, and returns their rows. Leaves out unknown items. */
  setPopularities([ids, interactions, positives]: PopularityColumns): number[] {
    const rows: number[] = [];
    for (const [place, id] of ids.entries()) {
      const row = this.#rowsById.get(id);
      if (row === undefined) continue;
      this.interactions[row] = interactions[place] as number;
      this.positives[row] = positives[place] as number;
      rows.push(row);
    }
    return rows;
  }

  /**
   * Removes an item. Its row is not used again. What it was can be read for some time, since lists that are being made may
   * have it.
   */
  remove(id: number): void {
    const row = this.#rowsById.get(id);
    if (row === undefined) return;
    this.#rowsById.delete(id);
    const externalId = this.#externalIds[row] as string;
    // Another item may have taken the ID over.
    if (this.#rowsByExternalId.get(externalId) === row) this.#rowsByExternalId.delete(externalId);
    for (const numbers of [this.exists, this.positives, this.interactions]) numbers[row] = 0;
    this.availability.switchOff(row);
    this.#noteChange(row);
    this.#removedRows.set(id, row);
    if (this.#removedRows.size > rememberedRemovals) this.#forgetRemoved();
  }

  /** Forgets what the item was that was removed first. */
  #forgetRemoved(): void {
    const [id, row] = this.#removedRows.entries().next().value as [number, number];
    this.#removedRows.delete(id);
    this.#externalIds[row] = '';
    this.#titles[row] = '';
    this.#features.clear(row);
  }

  /** Whether a row is equal to an item. The features of one revision are always the same. */
  #has(row: number, item: ItemTuple): boolean {
    const [, externalId, title, , , revision, createdAt, updatedAt] = item;
    return (
      this.#storedRevisions[row] === revision &&
      this.#createdAt[row] === createdAt &&
      this.#updatedAt[row] === updatedAt &&
      this.availability.has(row, availabilityOf(item)) &&
      this.#titles[row] === title &&
      this.#rowsByExternalId.get(externalId) === row
    );
  }

  #name(row: number, externalId: string): void {
    const before = this.#externalIds[row] as string;
    // Another item may have taken the ID over.
    if (this.#rowsByExternalId.get(before) === row) this.#rowsByExternalId.delete(before);
    const holder = this.#rowsByExternalId.get(externalId);
    // That item has been deleted or renamed. Lists must not have both until it is read.
    if (holder !== undefined) this.availability.switchOff(holder);
    this.#externalIds[row] = externalId;
    this.#rowsByExternalId.set(externalId, row);
  }

  #noteChange(row: number): void {
    this.#changedRows[this.#changes++ % rememberedChanges] = row;
  }

  #addRow([id, , , , , , , , interactions = 0, positives = 0]: ItemTuple): number {
    const row = this.#rows++;
    this.#makeRoomFor(row);
    this.ids[row] = id;
    this.exists[row] = 1;
    this.interactions[row] = interactions;
    this.positives[row] = positives;
    this.#externalIds.push('');
    this.#titles.push('');
    this.#rowsById.set(id, row);
    this.#newestId = Math.max(this.#newestId, id);
    return row;
  }

  #makeRoomFor(row: number): void {
    this.ids = withRoomFor(this.ids, row);
    this.revisions = withRoomFor(this.revisions, row);
    this.exists = withRoomFor(this.exists, row);
    this.positives = withRoomFor(this.positives, row);
    this.interactions = withRoomFor(this.interactions, row);
    this.#storedRevisions = withRoomFor(this.#storedRevisions, row);
    this.#createdAt = withRoomFor(this.#createdAt, row, Number.NaN);
    this.#updatedAt = withRoomFor(this.#updatedAt, row);
  }
}

function availabilityOf(item: ItemTuple): RowAvailability {
  const [, , , , available, , , , , , from, until] = item;
  return { available, from, until };
}
