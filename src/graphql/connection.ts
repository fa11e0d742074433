import { WarmstartError } from '../errors.ts';
import type { PageInfo } from './generated/resolver-types.ts';

const largestPage = 100;

/** Throws BAD_USER_INPUT unless 1 ≤ `first` ≤ 100. */
export function checkFirst(first: number): void {
  if (first >= 1 && first <= largestPage) return;
  throw new WarmstartError('BAD_USER_INPUT', `first: expected 1 to ${largestPage}, got ${first}`, {
    field: ['first'],
  });
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

export interface PageArguments {
  readonly first: number;
  readonly after?: string | null | undefined;
}

/**
 * A page of a list that is ordered by integers, such as internal ids. `name` tells its cursors from those of other lists;
 * `read` gives at most `limit` rows of those beyond `after` in the list's order, which is `undefined` at its beginning.
 * Throws BAD_USER_INPUT and INVALID_CURSOR.
 */
export async function pageById<Row>(
  name: string,
  { first, after }: PageArguments,
  read: (limit: number, after: number | undefined) => Promise<readonly Row[]>,
  idOf: (row: Row) => number,
): Promise<{ edges: { cursor: string; node: Row }[]; pageInfo: PageInfo }> {
  checkFirst(first);
  const rows = await read(first + 1, after == null ? undefined : decodePlace(name, after));
  const edges = rows.slice(0, first).map((node) => ({ cursor: encodePlace(name, idOf(node)), node }));
  return { edges, pageInfo: pageInfo(edges, rows.length > first, after) };
}

const largestId = 2 ** 31 - 1;

/** 1 is the version of the form. */
function encodePlace(name: string, id: number): string {
  return Buffer.from(`${name}:1:${id}`).toString('base64url');
}

function decodePlace(name: string, cursor: string): number {
  const text = Buffer.from(cursor, 'base64url').toString();
  const id = text.startsWith(`${name}:1:`) ? text.slice(name.length + 3) : '';
  if (/^\d{1,10}$/.test(id) && Number(id) <= largestId) return Number(id);
  throw new WarmstartError(
    'INVALID_CURSOR',
    'after: this is not a cursor of this list; pass an endCursor as it came',
    { field: ['after'] },
  );
}
