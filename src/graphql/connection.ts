import { WarmstartError } from '../errors.ts';
import type { PageInfo } from './generated/resolver-types.ts';

const largestPage = 100;

/** Throws BAD_USER_INPUT unless 1 ≤ `first` ≤ 100. */
export function checkFirst(first: number): void {
  if (first >= 1 && first <= largestPage) return;
  throw new WarmstartError('BAD_USER_INPUT', `first: expected 1 to ${largestPage}, got ${first}`);
}

/** Of a page cut forward from a list; whether there are earlier pages is known by whether a cursor was given. */
export function pageInfo(
  edges: readonly { cursor: string }[],
  hasNextPage: boolean,
  after?: string | null,
): PageInfo {
  return {
    hasNextPage,
    hasPreviousPage: after != null,
    startCursor: edges[0]?.cursor ?? null,
    endCursor: edges.at(-1)?.cursor ?? null,
  };
}

const itemCursor = /^items:1:(\d{1,10})$/;
const largestId = 2 ** 31 - 1;

/** A place in a list that is ordered by the item's internal id. */
export function encodeItemCursor(itemId: number): string {
  return Buffer.from(`items:1:${itemId}`).toString('base64url');
}

/** Throws INVALID_CURSOR for anything that `encodeItemCursor` did not make. */
export function decodeItemCursor(cursor: string): number {
  const id = Number(itemCursor.exec(Buffer.from(cursor, 'base64url').toString())?.[1]);
  if (id <= largestId) return id;
  throw new WarmstartError(
    'INVALID_CURSOR',
    'after: this is not a cursor of items; pass an endCursor as it came',
  );
}
