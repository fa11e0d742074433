import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Batch, InteractionRecord, OnReject, Sourced } from '../dataset.ts';
import { type RowFormat, readRows } from '../read-rows.ts';

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

/** A rating as published; `seconds` since 1970. */
interface TimedRating {
  readonly userId: string;
  readonly itemId: string;
  readonly value: number;
  readonly seconds: number;
}

export const timedRatingsFile: RowFormat<TimedRating> = {
  file: 'ratings.dat',
  syntax: 'dat',
  columns: ['userId', 'movieId', 'rating', 'timestamp'],
  ids: 2,
  unique: false,
  record: (userId, itemId, rating, timestamp) => {
    const value = values.get(rating);
    if (value === undefined) return notARating(rating);
    if (!digits.test(timestamp)) return notATime(timestamp);
    return { userId, itemId, value, seconds: Number(timestamp) };
  },
};

/**
 * Reads ratings as published, ordered by user and time, and within a second in the order of rows.
 *
 * The file can have any order, so all ratings are held in memory: about 250 MB for a million.
 */
export async function* ratingsInTime(directory: string, onReject: OnReject): AsyncGenerator<Batch<InteractionRecord>> {
  const histories = new Map<string, Sourced<TimedRating>[]>();
  for await (const { rows, bytes } of readRows(directory, timedRatingsFile, onReject)) {
    for (const row of rows) {
      const history = histories.get(row.record.userId);
      if (history === undefined) histories.set(row.record.userId, [row]);
      else history.push(row);
    }
    yield { rows: [], bytes };
  }
  // Sorts one user at a time, since sorting a million ratings at once would block the event loop for a second.
  for (const history of histories.values()) {
    history.sort((a, b) => a.record.seconds - b.record.seconds);
    yield { rows: history.map((row) => ({ ...row, record: interactionOf(row.record) })), bytes: 0 };
    await nextTurn();
  }
}

function interactionOf({ userId, itemId, value, seconds }: TimedRating): InteractionRecord {
  return { userId, itemId, value, time: new Date(seconds * 1000), type: 'RATE' };
}

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
