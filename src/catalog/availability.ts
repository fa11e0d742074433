import { type Item, type Sql, sql } from '../store/database.ts';

/** When an item is available: while it is switched on, from one time on and before another. `null`: no such limit. */
export type Availability = Pick<Item, 'available' | 'availableFrom' | 'availableUntil'>;

/** Whether an item is available at a time. */
export function isAvailable({ available, availableFrom, availableUntil }: Availability, at = new Date()): boolean {
  return available && (!availableFrom || availableFrom <= at) && (!availableUntil || at < availableUntil);
}

/**
 * Returns the condition that a row of `items` is available at a time. By default, this is now by the clock of this
 * process, as for lists.
 */
export function availableSql(at = new Date()): Sql {
  const time = sql`${at.toISOString()}::timestamptz`;
  return sql`(items.available AND coalesce(items.available_from <= ${time}, TRUE)
    AND coalesce(${time} < items.available_until, TRUE))`;
}
