import { setImmediate } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import type { CheckedCondition } from '../catalog/item-filter.ts';
import { featureTests } from './feature-tests.ts';
import type { ItemTable } from './item-table.ts';

/** In bytes: one for each row and filter. */
const maxSize = 64 * 2 ** 20;
/** Rows tested between two turns of the event loop, which takes a few milliseconds. */
const rowsPerTurn = 100_000;

interface Kept {
  /** `ItemTable.changes` when the rows were tested. */
  readonly changes: number;
  readonly marks: Uint8Array;
}

/** Which items pass filters. What was found for a filter is kept until an item changes. */
export class FilterMarks {
  readonly #items: ItemTable;
  readonly #kept = new LRUCache<string, Kept>({ maxSize, sizeCalculation: ({ marks }) => Math.max(marks.length, 1) });

  constructor(items: ItemTable) {
    this.#items = items;
  }

  /** Returns a mark for each row: 1 if the item passes all conditions. `null` if there are no conditions. */
  async of(conditions: readonly CheckedCondition[]): Promise<Uint8Array | null> {
    if (conditions.length === 0) return null;
    const key = JSON.stringify(conditions);
    const known = this.#kept.get(key);
    if (known?.changes === this.#items.changes) return known.marks;
    const { changes } = this.#items;
    const marks = await this.#test(conditions);
    this.#kept.set(key, { changes, marks });
    return marks;
  }

  async #test(conditions: readonly CheckedCondition[]): Promise<Uint8Array> {
    const tests = featureTests(this.#items, conditions);
    const marks = new Uint8Array(this.#items.rows);
    for (let row = 0; row < marks.length; row++) {
      if (row % rowsPerTurn === rowsPerTurn - 1) await setImmediate();
      marks[row] = tests.every((test) => test(row)) ? 1 : 0;
    }
    return marks;
  }
}
