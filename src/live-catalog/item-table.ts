import type { FeatureField, Features, FeatureValue } from '../features/feature-schema.ts';
import { type FeatureColumn, featureColumn } from './feature-columns.ts';
import { withRoomFor } from './growable.ts';

/** An item as PostgreSQL sends it to the live catalog. Times are in milliseconds since 1970. */
export type ItemTuple = readonly [
  id: number,
  externalId: string,
  title: string,
  features: Readonly<Record<string, unknown>>,
  available: boolean,
  revision: number,
  createdAt: number,
  updatedAt: number,
];

/**
 * All items, as columns. An item keeps its row as long as the table exists; new items get the next rows. Arrays have at
 * least `rows` elements, and are replaced when the table grows.
 */
export class ItemTable {
  /** Internal IDs. */
  ids = new Int32Array();
  revisions = new Int32Array();
  /** 1 for each item that exists. */
  exists = new Uint8Array();
  /** 1 for each item that exists and is available. */
  available = new Uint8Array();
  /** The numbers of positive interactions, and of all interactions. */
  positives = new Int32Array();
  interactions = new Int32Array();
  #rows = 0;
  #changes = 0;
  #newestId = 0;
  #createdAt = new Float64Array();
  #updatedAt = new Float64Array();
  readonly #externalIds: string[] = [];
  readonly #titles: string[] = [];
  readonly #rowsById = new Map<number, number>();
  readonly #rowsByExternalId = new Map<string, number>();
  readonly #features = new Map<string, FeatureColumn>();

  /** The number of rows, including those of deleted items. */
  get rows(): number {
    return this.#rows;
  }

  /** How often an item was added or replaced. */
  get changes(): number {
    return this.#changes;
  }

  /** The largest internal ID; 0 without items. */
  get newestId(): number {
    return this.#newestId;
  }

  /** Returns the row of an item by internal ID, or by external ID; `undefined` if there is no such item. */
  rowOf(id: number): number | undefined {
    return this.#rowsById.get(id);
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

  createdAt(row: number): Date {
    return new Date(this.#createdAt[row] as number);
  }

  updatedAt(row: number): Date {
    return new Date(this.#updatedAt[row] as number);
  }

  /** Returns the declared features that an item has. */
  featuresOf(row: number): Features {
    const features: [string, FeatureValue][] = [];
    for (const [name, column] of this.#features) {
      const value = column.valueOf(row);
      if (value !== undefined) features.push([name, value]);
    }
    return Object.fromEntries(features);
  }

  /** Returns the values of a declared feature. */
  column(name: string): FeatureColumn | undefined {
    return this.#features.get(name);
  }

  /** Adds columns for item features that have been declared. Items do not have them yet. */
  declare(fields: readonly FeatureField[]): void {
    for (const { entity, name, kind } of fields) {
      if (entity !== 'item' || this.#features.get(name)?.kind === kind) continue;
      const column = featureColumn(kind);
      for (let row = 0; row < this.#rows; row++) column.set(row, undefined);
      this.#features.set(name, column);
    }
  }

  /** Adds an item, or replaces it. */
  put([id, externalId, title, features, available, revision, createdAt, updatedAt]: ItemTuple): void {
    const row = this.#rowsById.get(id) ?? this.#addRow(id);
    this.#changes++;
    if (this.#externalIds[row] !== externalId) {
      this.#rowsByExternalId.delete(this.#externalIds[row] as string);
      this.#rowsByExternalId.set(externalId, row);
      this.#externalIds[row] = externalId;
    }
    this.#titles[row] = title;
    for (const [name, column] of this.#features) column.set(row, features[name]);
    this.available[row] = available ? 1 : 0;
    this.revisions[row] = revision;
    this.#createdAt[row] = createdAt;
    this.#updatedAt[row] = updatedAt;
  }

  /** Sets how many interactions an item has. Does nothing for an unknown item. */
  setPopularity(id: number, interactions: number, positives: number): number | undefined {
    const row = this.#rowsById.get(id);
    if (row === undefined) return undefined;
    this.interactions[row] = interactions;
    this.positives[row] = positives;
    return row;
  }

  /** Removes an item. Its row stays empty. */
  remove(id: number): void {
    const row = this.#rowsById.get(id);
    if (row === undefined) return;
    this.#rowsById.delete(id);
    this.#rowsByExternalId.delete(this.#externalIds[row] as string);
    this.#externalIds[row] = '';
    this.#titles[row] = '';
    for (const column of this.#features.values()) column.set(row, undefined);
    for (const numbers of [this.exists, this.available, this.positives, this.interactions]) numbers[row] = 0;
  }

  #addRow(id: number): number {
    const row = this.#rows++;
    this.ids = withRoomFor(this.ids, row);
    this.revisions = withRoomFor(this.revisions, row);
    this.exists = withRoomFor(this.exists, row);
    this.available = withRoomFor(this.available, row);
    this.positives = withRoomFor(this.positives, row);
    this.interactions = withRoomFor(this.interactions, row);
    this.#createdAt = withRoomFor(this.#createdAt, row);
    this.#updatedAt = withRoomFor(this.#updatedAt, row);
    this.ids[row] = id;
    this.exists[row] = 1;
    this.#externalIds.push('');
    this.#titles.push('');
    this.#rowsById.set(id, row);
    this.#newestId = Math.max(this.#newestId, id);
    return row;
  }
}
