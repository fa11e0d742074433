import type { Features } from '../../features/feature-schema.ts';
import type { Batch, ItemRecord, Sourced, UserRecord } from '../dataset.ts';
import { fieldsOf, type ItemColumns, type Mapping, type UserColumns } from './mapping.ts';
import type { MergedEntity } from './merge-entities.ts';

/** Returns the users, each with all features of the mapping. */
export function userRecords(
  mapping: Mapping,
  users: AsyncIterable<Batch<MergedEntity>>,
): AsyncGenerator<Batch<UserRecord>> {
  return records(users, withFeatures(mapping, 'user'));
}

/** Returns the items, each with all features of the mapping, and with a title. */
export function itemRecords(
  mapping: Mapping,
  items: AsyncIterable<Batch<MergedEntity>>,
): AsyncGenerator<Batch<ItemRecord>> {
  return records(items, asItem(mapping));
}

/** Whether the rows of a section have anything besides the ID. */
export function saysMore({ features, title, available, ...times }: UserColumns & Partial<ItemColumns>): boolean {
  return Object.keys(features).length > 0 || title !== undefined || available !== undefined || hasTimes(times);
}

function hasTimes({ availableFrom, availableUntil }: Partial<ItemColumns>): boolean {
  return availableFrom !== undefined || availableUntil !== undefined;
}

/** Returns the function that gives a record all features of the mapping: `null` where no row has one. */
function withFeatures(mapping: Mapping, entity: 'user' | 'item') {
  const fields = fieldsOf(mapping).filter((field) => field.entity === entity);
  const unknown: Features = Object.fromEntries(fields.map(({ name }) => [name, null]));
  return ({ id, features, incomplete }: MergedEntity) => ({
    id,
    features: { ...unknown, ...features },
    ...(incomplete ? { incomplete } : {}),
  });
}

/**
 * Returns the function that makes an item: without a title, its ID is the title. If the mapping has a time of items, each
 * item has both times: `null` where no row has one.
 */
function asItem(mapping: Mapping) {
  const rest = withFeatures(mapping, 'item');
  const isTimed = mapping.files.some(({ items = {} }) => hasTimes(items));
  return (entity: MergedEntity) => ({
    ...rest(entity),
    title: entity.title ?? entity.id,
    ...(entity.available === null ? {} : { available: entity.available }),
    ...(isTimed ? { availableFrom: dateOf(entity.availableFrom), availableUntil: dateOf(entity.availableUntil) } : {}),
  });
}

function dateOf(time: number | null): Date | null {
  return time === null ? null : new Date(time);
}

async function* records<From, To>(
  batches: AsyncIterable<Batch<From>>,
  recordOf: (record: From) => To,
): AsyncGenerator<Batch<To>> {
  for await (const { rows, bytes } of batches)
    yield { rows: rows.map((row): Sourced<To> => ({ ...row, record: recordOf(row.record) })), bytes };
}
