import { type DefaultTypeName, typeIndex } from '../../src/features/interaction-types.ts';
import type { DatasetTables, InteractionTable } from '../../src/model-benchmark/dataset-tables.ts';

/** An interaction: the row of the user, the row of the item, the value, and the type, by default RATE. */
export type Row = readonly [user: number, item: number, value: number, type?: DefaultTypeName];

export interface SmallTables {
  readonly users: number;
  readonly items: number;
  readonly interactions: readonly Row[];
  /** The rows of the items of each scenario. */
  readonly scenarios?: readonly (readonly number[])[];
}

/** Tables in which user 7 has the ID `u7` and the unique name `n7`, and item 3 has the ID `i3`. */
export function smallTables({ users, items, interactions, scenarios = [] }: SmallTables): DatasetTables {
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
    interactions: tableOf(interactions),
  };
}

export function tableOf(rows: readonly Row[]): InteractionTable {
  return {
    users: Int32Array.from(rows, ([user]) => user),
    items: Int32Array.from(rows, ([, item]) => item),
    types: Uint8Array.from(rows, ([, , , type = 'RATE']) => typeIndex(type)),
    values: Float32Array.from(rows, ([, , value]) => value),
  };
}

/** Ratings of the first items by each user. `lengths` are their numbers. */
export function histories(lengths: readonly number[], value = 3): Row[] {
  return lengths.flatMap((length, user) => Array.from({ length }, (_, item): Row => [user, item, value]));
}
