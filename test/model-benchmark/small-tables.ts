import type { DatasetTables, Ratings } from '../../src/model-benchmark/dataset-tables.ts';

/** A rating: the row of the user, the row of the item, and the value. */
export type Row = readonly [user: number, item: number, value: number];

export interface SmallTables {
  readonly users: number;
  readonly items: number;
  readonly ratings: readonly Row[];
  /** The rows of the items of each scenario. */
  readonly scenarios?: readonly (readonly number[])[];
}

/** Tables in which user 7 has the ID `u7` and the unique name `n7`, and item 3 has the ID `i3`. */
export function smallTables({ users, items, ratings, scenarios = [] }: SmallTables): DatasetTables {
  return {
    fields: [
      { entity: 'user', name: 'region', kind: 'categorical' },
      { entity: 'user', name: 'names', kind: 'multiValued' },
      { entity: 'item', name: 'genre', kind: 'categorical' },
    ],
    users: Array.from({ length: users }, (_, row) => ({
      id: `u${row}`,
      features: { region: row % 2 ? 'north' : 'south', names: [`n${row}`] },
    })),
    items: Array.from({ length: items }, (_, row) => ({
      id: `i${row}`,
      features: { genre: row % 2 ? 'odd' : 'even' },
    })),
    scenarios: scenarios.map((members, row) => ({
      id: `s${row}`,
      items: Int32Array.from(members).sort(),
    })),
    ratings: ratingsOf(ratings),
  };
}

export function ratingsOf(rows: readonly Row[]): Ratings {
  return {
    users: Int32Array.from(rows, ([user]) => user),
    items: Int32Array.from(rows, ([, item]) => item),
    values: Float32Array.from(rows, ([, , value]) => value),
    timed: false,
  };
}

/** Ratings of the first items by each user. `lengths` are their numbers. */
export function histories(lengths: readonly number[], value = 3): Row[] {
  return lengths.flatMap((length, user) => Array.from({ length }, (_, item): Row => [user, item, value]));
}
