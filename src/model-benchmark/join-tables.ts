import type { Entity } from '../features/encode-features.ts';
import type { Pairs } from '../tasks/training-data.ts';
import type { DatasetTables, InteractionTable } from './dataset-tables.ts';

/**
 * Joins datasets into one that has several domains. `1/`, `2/` and so on stand before the IDs of users, items and scenarios
 * and before the names of features, so that nothing of a domain is taken for something of another. The rows of a domain
 * follow those of the domain before it. A single dataset stays as it is.
 */
export function joinTables(domains: readonly DatasetTables[]): DatasetTables {
  const [only] = domains;
  if (only && domains.length === 1) return only;
  const starts = startsOf(domains);
  return {
    fields: domains.flatMap(({ fields }, at) => fields.map((field) => ({ ...field, name: named(field.name, at) }))),
    users: domains.flatMap(({ users }, at) => users.map((user) => ofDomain(user, at))),
    items: domains.flatMap(({ items }, at) => items.map((item) => ofDomain(item, at))),
    scenarios: domains.flatMap(({ scenarios }, at) =>
      scenarios.map(({ id, items }) => ({ id: named(id, at), items: shifted(items, starts[at]?.items) })),
    ),
    interactions: joinInteractions(domains, starts),
    domains,
  };
}

/** Where the rows of a domain start among all. */
export interface DomainStart {
  readonly users: number;
  readonly items: number;
}

/** Returns where the rows of each domain start when they follow each other. */
export function startsOf(domains: readonly Pick<DatasetTables, 'users' | 'items'>[]): DomainStart[] {
  let [users, items] = [0, 0];
  return domains.map((domain) => {
    const start = { users, items };
    users += domain.users.length;
    items += domain.items.length;
    return start;
  });
}

/** Returns pairs of a domain as pairs among all. */
export function movePairs({ users, items }: Pairs, start: DomainStart): Pairs {
  return { users: shifted(users, start.users), items: shifted(items, start.items) };
}

/** Puts pairs together. */
export function joinPairs(parts: readonly Pairs[]): Pairs {
  return {
    users: concatenated(
      Int32Array,
      parts.map(({ users }) => users),
    ),
    items: concatenated(
      Int32Array,
      parts.map(({ items }) => items),
    ),
  };
}

/** Returns rows of a domain as rows among all. */
export function shifted(rows: Int32Array, start = 0): Int32Array {
  return rows.map((row) => row + start);
}

type NumberArray = Int32Array | Uint8Array | Float32Array;

/** Puts arrays of numbers of a kind together. */
export function concatenated<T extends NumberArray>(kind: new (length: number) => T, parts: readonly T[]): T {
  const all = new kind(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function joinInteractions(domains: readonly DatasetTables[], starts: readonly DomainStart[]): InteractionTable {
  const tables = domains.map(({ interactions }) => interactions);
  const moved = tables.map((table, at) => movePairs(table, starts[at] as DomainStart));
  return {
    ...joinPairs(moved),
    types: concatenated(
      Uint8Array,
      tables.map(({ types }) => types),
    ),
    values: concatenated(
      Float32Array,
      tables.map(({ values }) => values),
    ),
  };
}

function ofDomain({ id, features }: Entity, at: number): Entity {
  const own = Object.entries(features).map(([name, value]) => [named(name, at), value] as const);
  return { id: named(id, at), features: Object.fromEntries(own) };
}

function named(name: string, at: number): string {
  return `${at + 1}/${name}`;
}
