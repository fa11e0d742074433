import { type FeatureField, type Features, type FeatureValue, featureOf } from '../features/feature-schema.ts';
import { isOfKind, type OnIgnored } from '../features/readable-features.ts';
import { type FeatureColumn, featureColumn } from './feature-columns.ts';
import { withRoomFor } from './growable.ts';

/** The declared features of all items, by row of the catalog. */
export class ItemFeatures {
  readonly #columns = new Map<string, FeatureColumn>();
  readonly #onIgnored: OnIgnored;
  /** How often columns were added, and this number when the features of each row were read. */
  #additions = 0;
  #additionsRead = new Int32Array();

  /** `onIgnored` receives the features that items are without, since their value is not of the declared kind. */
  constructor(onIgnored: OnIgnored) {
    this.#onIgnored = onIgnored;
  }

  /** Returns the values of a declared feature. */
  column(name: string): FeatureColumn | undefined {
    return this.#columns.get(name);
  }

  /** Returns the declared features that an item has. */
  of(row: number): Features {
    const features: [string, FeatureValue][] = [];
    for (const [name, column] of this.#columns) {
      const value = column.valueOf(row);
      if (value !== undefined) features.push([name, value]);
    }
    return Object.fromEntries(features);
  }

  /** Adds and removes columns, so that these are those of the declared item features. Returns the changed ones. */
  declare(fields: readonly FeatureField[]): { readonly removed: readonly FeatureColumn[]; readonly added: number } {
    const declared = new Map(fields.filter(({ entity }) => entity === 'item').map((field) => [field.name, field]));
    const removed = [...this.#columns].filter(([name, { kind, width }]) => {
      const field = declared.get(name);
      return field?.kind !== kind || field.width !== width;
    });
    for (const [name] of removed) this.#columns.delete(name);
    const added = [...declared].filter(([name]) => !this.#columns.has(name));
    for (const [name, field] of added) this.#columns.set(name, featureColumn(field));
    if (added.length > 0) this.#additions++;
    return { removed: removed.map(([, column]) => column), added: added.length };
  }

  /** Whether a row was set after the last column was added. */
  isRead(row: number): boolean {
    return this.#additionsRead[row] === this.#additions;
  }

  /** Sets the features of a row to those that are stored for an item, and returns whether the row gained one. */
  set(row: number, id: string, stored: Features): boolean {
    let gained = false;
    for (const [name, column] of this.#columns) {
      const value = featureOf(stored, name) ?? undefined;
      const fits = value === undefined || isOfKind[column.kind](value, column);
      if (!fits) this.#onIgnored({ id, field: { entity: 'item', name, kind: column.kind } });
      const had = column.has(row);
      column.set(row, fits ? value : undefined);
      gained ||= !had && column.has(row);
    }
    this.#additionsRead = withRoomFor(this.#additionsRead, row);
    this.#additionsRead[row] = this.#additions;
    return gained;
  }

  /** Removes all features of a row. */
  clear(row: number): void {
    for (const column of this.#columns.values()) column.set(row, undefined);
  }
}
