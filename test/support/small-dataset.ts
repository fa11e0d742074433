import type {
  Batch,
  Dataset,
  InteractionRecord,
  ItemRecord,
  ScenarioRecord,
  Sourced,
  UserRecord,
} from '../../src/datasets/dataset.ts';
import type { FeatureField } from '../../src/features/feature-schema.ts';

export const smallFields: readonly FeatureField[] = [
  { entity: 'user', name: 'region', kind: 'categorical' },
  { entity: 'item', name: 'genres', kind: 'multiValued' },
  { entity: 'item', name: 'length', kind: 'numeric' },
];

export interface SmallDataset {
  readonly users?: readonly UserRecord[];
  readonly items?: readonly ItemRecord[];
  readonly scenarios?: readonly ScenarioRecord[];
  readonly interactions?: readonly InteractionRecord[];
  readonly fields?: readonly FeatureField[];
}

/** A dataset in memory. The line number of a record is its position in its list, from 1. */
export function smallDataset({ users, items, scenarios, interactions, fields }: SmallDataset): Dataset {
  return {
    name: 'small',
    title: 'a small data set',
    fields: fields ?? smallFields,
    bytes: 0,
    users: () => batches('users', users),
    items: () => batches('items', items),
    scenarios: () => batches('scenarios', scenarios),
    interactions: () => batches('interactions', interactions),
  };
}

export function rating(userId: string, itemId: string, value: number): InteractionRecord {
  return { userId, itemId, value, time: null, type: 'RATE' };
}

/** Users `u1…`, items `i1…` of two alternating genres, and no interactions. */
export function smallCatalog(users: number, items: number): { users: UserRecord[]; items: ItemRecord[] } {
  return {
    users: numbered(users, (n) => ({ id: `u${n}`, features: { region: n % 2 ? 'north' : 'south' } })),
    items: numbered(items, (n) => ({
      id: `i${n}`,
      title: `Item ${n}`,
      features: { genres: [n % 2 ? 'odd' : 'even'], length: n },
    })),
  };
}

function numbered<T>(count: number, make: (n: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index + 1));
}

async function* batches<T>(file: string, records: readonly T[] = []): AsyncGenerator<Batch<T>> {
  const rows: Sourced<T>[] = records.map((record, index) => ({
    record,
    file,
    line: index + 1,
    row: JSON.stringify(record),
  }));
  yield { rows, bytes: 0 };
}
