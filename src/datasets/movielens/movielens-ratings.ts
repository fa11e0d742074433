import type { InteractionRecord } from '../dataset.ts';
import type { RowFormat } from '../read-rows.ts';

/** Reads ratings without times. The order of the rows is the order in which they happened. */
export const orderedRatingsFile: RowFormat<InteractionRecord> = {
  file: 'ratings.csv',
  syntax: 'csv',
  columns: ['userId', 'movieId', 'rating'],
  ids: 2,
  unique: false,
  record: (userId, itemId, rating) => {
    const value = values.get(rating);
    return value === undefined ? notARating(rating) : { userId, itemId, value, time: null, type: 'RATE' };
  },
};

/** Reads ratings as published. They can have any order. */
export const timedRatingsFile: RowFormat<InteractionRecord> = {
  file: 'ratings.dat',
  syntax: 'dat',
  columns: ['userId', 'movieId', 'rating', 'timestamp'],
  ids: 2,
  unique: false,
  record: (userId, itemId, rating, timestamp) => {
    const value = values.get(rating);
    if (value === undefined) return notARating(rating);
    if (!digits.test(timestamp)) return notATime(timestamp);
    return { userId, itemId, value, time: new Date(Number(timestamp) * 1000), type: 'RATE' };
  },
};

/** All spellings of a rating: 1 to 5 in steps of 0.5, such as 4, 4.0 and 4.5. Number() would also accept 0x4. */
const values: ReadonlyMap<string, number> = new Map(
  [1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5].flatMap((value) => [
    [String(value), value],
    [value.toFixed(1), value],
  ]),
);

/** Ten digits reach to the year 2286. Thirteen digits would be milliseconds. */
const digits = /^\d{1,10}$/;

function notARating(text: string): string {
  return `expected a rating from 1 to 5 in steps of 0.5, got ${JSON.stringify(text.slice(0, 80))}`;
}

function notATime(text: string): string {
  return `expected a timestamp in whole seconds since 1970, got ${JSON.stringify(text.slice(0, 80))}`;
}
