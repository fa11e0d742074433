import type { Scenario } from '../store/database.ts';
import type { ItemTable } from './item-table.ts';

/** A scenario as PostgreSQL sends it to the live catalog, with the internal IDs of its items. */
export type ScenarioTuple = readonly [
  id: number,
  externalId: string,
  title: string,
  createdAt: number,
  itemIds: readonly number[],
  /** As stored. */
  rule?: Scenario['rule'],
];

/** A scenario in memory. */
export interface LiveScenario {
  readonly id: number;
  readonly externalId: string;
  readonly title: string;
  readonly createdAt: Date;
  readonly rule: Scenario['rule'];
  /** The rows of the items in its pool. */
  readonly pool: Int32Array;
  /** The latest interaction when an interaction with the pool was last noticed. */
  readonly watermark: bigint;
  /** Another number after every change of the pool or of its interactions. */
  readonly revision: number;
}

/** All scenarios. */
export class ScenarioTable {
  readonly #items: ItemTable;
  #revisions = 0;
  readonly #byId = new Map<number, LiveScenario>();
  readonly #byExternalId = new Map<string, LiveScenario>();
  /** By row of the item, the IDs of the scenarios that it is in. */
  readonly #ofItem = new Map<number, Set<number>>();

  constructor(items: ItemTable) {
    this.#items = items;
  }

  /** Returns the IDs of all scenarios. */
  ids(): number[] {
    return [...this.#byId.keys()];
  }

  byId(id: number): LiveScenario | undefined {
    return this.#byId.get(id);
  }

  byExternalId(externalId: string): LiveScenario | undefined {
    return this.#byExternalId.get(externalId);
  }

  /** Whether any item of a scenario's pool has interactions. */
  hasInteractions({ pool }: LiveScenario): boolean {
    return pool.some((row) => (this.#items.interactions[row] as number) > 0);
  }

  /**
   * Adds a scenario, or replaces it. Does nothing if the table has it like this. The items must be in the table of items
   * before: the pool is without those that are not.
   */
  put([id, externalId, title, createdAt, itemIds, rule = null]: ScenarioTuple, watermark: bigint): void {
    const pool = Int32Array.from(itemIds.flatMap((itemId) => this.#items.rowOf(itemId) ?? []));
    const scenario = { id, externalId, title, createdAt: new Date(createdAt), rule, pool, watermark };
    const known = this.#byId.get(id);
    if (known && this.#byExternalId.get(externalId) === known && areEqual(known, scenario)) return;
    this.remove(id);
    this.#store(scenario);
    for (const row of pool) {
      const scenarios = this.#ofItem.get(row) ?? new Set();
      this.#ofItem.set(row, scenarios.add(id));
    }
  }

  remove(id: number): void {
    const known = this.#byId.get(id);
    if (!known) return;
    this.#byId.delete(id);
    // Another scenario may have taken the ID over.
    if (this.#byExternalId.get(known.externalId) === known) this.#byExternalId.delete(known.externalId);
    for (const row of known.pool) this.#ofItem.get(row)?.delete(id);
  }

  /** Notes that items, by row, have interactions up to a watermark. */
  noteInteractions(rows: readonly number[], watermark: bigint): void {
    const touched = new Set<number>();
    for (const row of rows) for (const id of this.#ofItem.get(row) ?? []) touched.add(id);
    for (const id of touched) this.#store({ ...(this.#byId.get(id) as LiveScenario), watermark });
  }

  /** Notes that all scenarios have interactions up to a watermark. */
  noteAll(watermark: bigint): void {
    for (const scenario of [...this.#byId.values()]) this.#store({ ...scenario, watermark });
  }

  #store(changed: Omit<LiveScenario, 'revision'>): void {
    const scenario = { ...changed, revision: ++this.#revisions };
    this.#byId.set(scenario.id, scenario);
    this.#byExternalId.set(scenario.externalId, scenario);
  }
}

type ComparedScenario = Pick<LiveScenario, 'title' | 'createdAt' | 'rule' | 'pool'>;

function areEqual(a: ComparedScenario, b: ComparedScenario): boolean {
  if (a.title !== b.title || a.createdAt.getTime() !== b.createdAt.getTime()) return false;
  if (JSON.stringify(a.rule) !== JSON.stringify(b.rule)) return false;
  return a.pool.length === b.pool.length && a.pool.every((row, place) => row === b.pool[place]);
}
