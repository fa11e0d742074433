import { setImmediate } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import type { CheckedCondition } from '../catalog/item-filter.ts';
import type { RowTest } from './feature-columns.ts';
import { featureTests } from './feature-tests.ts';
import type { ItemTable } from './item-table.ts';

/** In bytes: one for each row and filter. */
const maxSize = 64 * 2 ** 20;
/** Rows tested between two turns of the event loop, which takes a few milliseconds. */
const rowsPerTurn = 100_000;

interface TestedRows {
  /** `ItemTable.changes` when the first row was tested. */
  readonly changes: number;
  readonly marks: Uint8Array;
}

/**
 * Which items pass filters. What was found for a filter is kept, and only the items that have changed since are tested
 * again.
 */
export class FilterMarks {
  readonly #items: ItemTable;
  readonly #kept = new LRUCache<string, TestedRows>({
    maxSize,
    sizeCalculation: ({ marks }) => Math.max(marks.length, 1),
  });
  /** The tests in progress. Lists with the same filter wait for the first one. */
  readonly #testing = new Map<string, Promise<TestedRows>>();

  constructor(items: ItemTable) {
    this.#items = items;
  }

  /** Returns a mark for each row: 1 if the item passes all conditions. `null` if there are no conditions. */
  async of(conditions: readonly CheckedCondition[]): Promise<Uint8Array | null> {
    if (conditions.length === 0) return null;
    const key = JSON.stringify(conditions);
    const kept = this.#kept.get(key);
    const known = kept && this.#follow(kept, conditions);
    if (known) return this.#keep(key, known);
    const tested = await this.#testOnce(key, conditions);
    // Items may have changed in the meantime.
    return this.#keep(key, this.#follow(tested, conditions) ?? tested);
  }

  #keep(key: string, tested: TestedRows): Uint8Array {
    this.#kept.set(key, tested);
    return tested.marks;
  }

  /** Tests the rows that have changed since; `undefined` if they are not known. */
  #follow(tested: TestedRows, conditions: readonly CheckedCondition[]): TestedRows | undefined {
    const { changes, rows } = this.#items;
    if (tested.changes === changes) return tested;
    const changed = this.#items.changedSince(tested.changes);
    if (!changed) return undefined;
    // Lists in progress use the earlier marks.
    const marks = new Uint8Array(rows);
    marks.set(tested.marks);
    const passes = this.#testOf(conditions);
    for (const row of changed) marks[row] = passes(row) ? 1 : 0;
    return { changes, marks };
  }

  #testOnce(key: string, conditions: readonly CheckedCondition[]): Promise<TestedRows> {
    const running = this.#testing.get(key);
    if (running) return running;
    const testing = this.#testAll(conditions).finally(() => this.#testing.delete(key));
    this.#testing.set(key, testing);
    return testing;
  }

  async #testAll(conditions: readonly CheckedCondition[]): Promise<TestedRows> {
    const { changes, rows } = this.#items;
    const passes = this.#testOf(conditions);
    const marks = new Uint8Array(rows);
    for (let row = 0; row < rows; row++) {
      if (row % rowsPerTurn === rowsPerTurn - 1) await setImmediate();
      marks[row] = passes(row) ? 1 : 0;
    }
    return { changes, marks };
  }

  #testOf(conditions: readonly CheckedCondition[]): RowTest {
    const tests = featureTests(this.#items, conditions);
    return (row) => this.#items.exists[row] === 1 && tests.every((test) => test(row));
  }
}
