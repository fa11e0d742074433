import type { DatasetTables, Ratings } from '../../src/model-benchmark/dataset-tables.ts';

/** A rating: row of the user, row of the item, value. */
export type Row = readonly [user: number, item: number, value: number];

export interface SmallTables {
  readonly users: number;
  readonly items: number;
  readonly ratings: readonly Row[];
  /** Rows of items of each scenario. */
  readonly scenarios?: readonly (readonly number[])[];
}

/** Tables in which user 7 has the id `u7` and alone the name `n7`, and item 3 the id `i3`; all else is alike in pairs. */
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
  };
}

/** Ratings of this many items by each user, from item 0 on. */
export function histories(lengths: readonly number[], value = 3): Row[] {
  return lengths.flatMap((length, user) => Array.from({ length }, (_, item): Row => [user, item, value]));
}
