import { inputError, WarmstartError } from '../common/errors.ts';
import { largestId } from '../store/database.ts';
import type { PageInfo } from './generated/resolver-types.ts';

export const maxPageSize = 100;

/** Throws BAD_USER_INPUT unless 1 ≤ `first` ≤ 100. */
export function checkFirst(first: number): void {
  if (first >= 1 && first <= maxPageSize) return;
  throw inputError(['first'], `expected 1 to ${maxPageSize}, got ${first}`);
}

/** Returns the `PageInfo` of a page. There is a previous page if the page was requested with a cursor. */
export function pageInfo(edges: readonly { cursor: string }[], hasNextPage: boolean, after?: string | null): PageInfo {
  return new InfoOfEdges(edges, hasNextPage, after != null);
}

class InfoOfEdges implements PageInfo {
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly #edges: readonly { readonly cursor: string }[];

  constructor(edges: readonly { cursor: string }[], hasNextPage: boolean, hasPreviousPage: boolean) {
    this.hasNextPage = hasNextPage;
    this.hasPreviousPage = hasPreviousPage;
    this.#edges = edges;
  }

  /** Some cursors are signed when they are read. */
  get startCursor(): string | null {
    return this.#edges[0]?.cursor ?? null;
  }

  get endCursor(): string | null {
    return this.#edges.at(-1)?.cursor ?? null;
  }
}

/** The largest integer of each type. Times are in milliseconds since the year 1. */
const largest = {
  ...largestId,
  time: BigInt(Date.parse('9999-12-31T23:59:59.999Z') - Date.parse('0001-01-01T00:00:00.000Z')),
};

export interface PageArguments {
  readonly first: number;
  readonly after?: string | null | undefined;
}

export interface Page<Row> {
  readonly edges: { cursor: string; node: Row }[];
  readonly pageInfo: PageInfo;
}

/** The order of a list. */
export interface ListOrder<Row> {
  /** Part of its cursors, so that a cursor of another list is refused. */
  readonly name: string;
  /** The types of the integers by which it is ordered, the most significant first. */
  readonly types: readonly (keyof typeof largest)[];
  /** Returns these integers of a row. */
  readonly placeOf: (row: Row) => readonly bigint[];
}

/**
 * Returns a page of a list. `read` must return at most `limit` rows that follow the place `after` in the list's order;
 * `after` is `undefined` for the first page. Throws BAD_USER_INPUT and INVALID_CURSOR.
 */
export async function pageOf<Row>(
  order: ListOrder<Row>,
  { first, after }: PageArguments,
  read: (limit: number, after: readonly bigint[] | undefined) => Promise<readonly Row[]>,
): Promise<Page<Row>> {
  checkFirst(first);
  const rows = await read(first + 1, after == null ? undefined : decodePlace(order, after));
  const edges = rows.slice(0, first).map((node) => ({ cursor: encodePlace(order, node), node }));
  return { edges, pageInfo: pageInfo(edges, rows.length > first, after) };
}

/**
 * Returns a page of a list that is ordered by one integer, such as an internal ID. `name` and `read` are as in
 * `ListOrder` and `pageOf`. Throws BAD_USER_INPUT and INVALID_CURSOR.
 */
export async function pageById<Row>(
  name: string,
  page: PageArguments,
  read: (limit: number, after: number | undefined) => Promise<readonly Row[]>,
  idOf: (row: Row) => number,
): Promise<Page<Row>> {
  const order: ListOrder<Row> = { name, types: ['integer'], placeOf: (row) => [BigInt(idOf(row))] };
  return pageOf(order, page, (limit, after) => read(limit, after && Number(after[0])));
}

/** 1 is the version of the cursor's format. */
function encodePlace<Row>({ name, placeOf }: ListOrder<Row>, row: Row): string {
  return Buffer.from(`${name}:1:${placeOf(row).join(',')}`).toString('base64url');
}

function decodePlace<Row>({ name, types }: ListOrder<Row>, cursor: string): bigint[] {
  const text = Buffer.from(cursor, 'base64url').toString();
  const integers = text.startsWith(`${name}:1:`) ? text.slice(name.length + 3).split(',') : [];
  const place = integers.filter((integer) => /^\d{1,19}$/.test(integer)).map(BigInt);
  if (integers.length === types.length && place.length === types.length) {
    if (types.every((type, index) => (place[index] as bigint) <= largest[type])) return place;
  }
  throw new WarmstartError(
    'INVALID_CURSOR',
    'after: expected a cursor of this list; pass the `endCursor` of an earlier page unchanged',
    { field: ['after'] },
  );
}
