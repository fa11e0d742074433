import { type ListData, rankLists, type ShownCount } from '../../src/evaluation/evaluate-lists.ts';
import { type ListTask, listTasks } from '../../src/evaluation/list-tasks.ts';
import type { RankedList } from '../../src/evaluation/ranked-list.ts';
import type { ScoringModel } from '../../src/models/recommender.ts';
import { encodeKnown } from '../../src/tasks/encode-known.ts';
import { splitTasks } from '../../src/tasks/held-out.ts';
import { countPositives } from '../../src/tasks/positives.ts';
import { randomSource } from '../../src/tasks/random.ts';
import { interactionsOf, type Task, type TrainingData } from '../../src/tasks/training-data.ts';
import type { TypedTables } from './typed-tables.ts';

export const shownInShop: readonly ShownCount[] = [0, 1, 3, 10, 'all'];
/** The interactions are of types that are always positive. */
export const positiveFrom = 0;
const seed = 1;

/** A shop that is split into customers to train on and held-out customers, a fifth. */
export interface ShopExperiment {
  readonly tables: TypedTables;
  readonly data: TrainingData;
  /** By item row: the number of customers in training. */
  readonly positives: Int32Array;
  /** The latest fifth of the items of each held-out customer is to be found. */
  readonly tests: readonly ListTask[];
}

export function openShop(tables: TypedTables): ShopExperiment {
  const { training, validation } = splitTasks(
    { tasks: tables.histories },
    { minimumPairs: 5, validationShare: 0.2 },
    randomSource(seed),
  );
  const pick = (rows: Int32Array) => Array.from(rows, (row) => tables.histories[row] as Task);
  const tasks = pick(training);
  return {
    tables,
    data: {
      taskKind: 'USER',
      ...encodeKnown(tables, { known: interactionsOf({ tasks }), ids: ['item'] }),
      tasks,
      positiveFrom,
    },
    positives: countPositives(tasks, tables.items.length, positiveFrom),
    tests: listTasks(pick(validation), { positiveFrom, hide: 'latest', seed }),
  };
}

/** Means over lists. */
export interface ShopMetrics {
  readonly lists: number;
  /** The share of lists with an item to find among the first 20, and on a category page among the first 10. */
  readonly hitRate: number;
  /** Recall@20, and on a category page Recall@10. */
  readonly recall: number;
  /** The share of the first places that the dearest hundredth of the items has. */
  readonly dearest: number;
}

export type ByShown = Readonly<Record<string, ShopMetrics>>;

/** Means, and Recall of each list, by the number of interactions that are shown. */
export interface MeasuredLists {
  readonly means: ByShown;
  readonly recalls: Readonly<Record<string, readonly number[]>>;
}

/** Measures lists of all items by the number of interactions that are shown. */
export async function measureShopLists(model: ScoringModel, experiment: ShopExperiment): Promise<ByShown> {
  const totals = new ShopTotals(experiment, 20);
  for await (const made of rankLists(model, dataOf(experiment), experiment.tests, { positiveFrom, shown: shownInShop }))
    for (const shown of made.shown) totals.add(shown, made.list, made.task.relevant);
  return totals.measured().means;
}

export function dataOf({ data, positives }: ShopExperiment): ListData {
  return { ...data, positives };
}

/** Returns the share of the training customers' items that are among the dearest hundredth. */
export function dearestShareInTraining({ tables, positives }: ShopExperiment): number {
  const dearest = dearestItems(tables);
  const sum = (rows: Iterable<number>) => [...rows].reduce((total, row) => total + (positives[row] as number), 0);
  return sum(dearest) / sum(positives.keys());
}

function dearestItems({ items }: TypedTables): ReadonlySet<number> {
  const price = (row: number) => items[row]?.features.price as number;
  const byPrice = [...items.keys()].sort((a, b) => price(b) - price(a));
  return new Set(byPrice.slice(0, Math.ceil(items.length / 100)));
}

/** Sums over lists, by the number of interactions that are shown. */
export class ShopTotals {
  readonly #sums = new Map<ShownCount, { hits: number; recalls: number[]; dearest: number }>(
    shownInShop.map((shown) => [shown, { hits: 0, recalls: [], dearest: 0 }]),
  );
  readonly #dearest: ReadonlySet<number>;
  readonly #length: number;

  constructor({ tables }: ShopExperiment, length: number) {
    this.#dearest = dearestItems(tables);
    this.#length = length;
  }

  add(shown: ShownCount, list: RankedList, relevant: Int32Array): void {
    const sums = this.#sums.get(shown);
    if (!sums) return;
    const first = list.rows.subarray(0, this.#length);
    sums.hits += first.some((item) => relevant.includes(item)) ? 1 : 0;
    sums.recalls.push(list.recall(relevant, this.#length));
    sums.dearest += first.filter((item) => this.#dearest.has(item)).length / first.length;
  }

  measured(): MeasuredLists {
    const sums = [...this.#sums].map(([shown, of]) => [`${shown}`, of] as const);
    return {
      means: Object.fromEntries(
        sums.map(([shown, { hits, recalls, dearest }]) => {
          const lists = recalls.length;
          return [shown, { lists, hitRate: hits / lists, recall: mean(recalls), dearest: dearest / lists }];
        }),
      ),
      recalls: Object.fromEntries(sums.map(([shown, { recalls }]) => [shown, recalls])),
    };
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
