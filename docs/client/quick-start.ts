// A complete typed client of the API. `npm run generate` writes the types of its operations from schema.graphql.
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print } from 'graphql';
import {
  AddItemsDocument,
  AddUsersDocument,
  type ErrorCode,
  RecommendDocument,
  type RecommendQuery,
  type RecommendQueryVariables,
  RecordDocument,
} from './generated/operations.ts';

/** An error in the input of a mutation. */
interface UserError {
  readonly message: string;
  readonly field?: readonly string[] | null;
}

export interface Connection {
  /** The URL of the API, such as `http://localhost:4000/graphql`. */
  readonly url: string;
  /** An API key, or the token of a user. */
  readonly key: string;
}

interface Answer<Result> {
  readonly data?: Result | null;
  readonly errors?: readonly {
    readonly message: string;
    readonly extensions: { readonly code: ErrorCode };
  }[];
}

/**
 * Sends an operation and returns its data. The type of the document determines the types of the variables and the data.
 *
 * Throws an Error with all codes and messages if the response has `errors`.
 */
export async function ask<Result, Variables>(
  { url, key }: Connection,
  document: TypedDocumentNode<Result, Variables>,
  variables: Variables,
): Promise<Result> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({ query: print(document), variables }),
  });
  const { data, errors } = (await response.json()) as Answer<Result>;
  if (errors || !data)
    throw new Error(
      errors?.map(({ message, extensions }) => `${extensions.code}: ${message}`).join('; ') ?? 'no data came',
    );
  return data;
}

/** Adds the items of a small shop, and a customer who rated one of them. */
export async function fillShop(connection: Connection): Promise<void> {
  const items = ['Tea pot', 'Tea cup', 'Coffee mill', 'Coffee cup'];
  const { upsertItems } = await ask(connection, AddItemsDocument, {
    items: items.map((title) => ({ externalId: idOf(title), title })),
  });
  check(upsertItems);
  const { upsertUsers } = await ask(connection, AddUsersDocument, { users: [{ externalId: 'ada' }] });
  check(upsertUsers);
  const { recordInteractions } = await ask(connection, RecordDocument, {
    interactions: [{ user: 'ada', item: 'tea-pot', type: 'RATE', value: 5, idempotencyKey: 'ada-tea-pot' }],
  });
  check(recordInteractions);
}

/** Throws an Error with the first of a mutation's `userErrors`, if there is one. */
function check(payload: { readonly userErrors: readonly UserError[] } | null | undefined): void {
  for (const { message, field } of payload?.userErrors ?? []) throw new Error(`${field?.join('.')}: ${message}`);
}

type Recommendation = NonNullable<RecommendQuery['recommendations']>['edges'][number];

/** Returns all recommendations for a user or a visitor. It requests them in pages of `first` items. */
export async function* recommendationsFor(
  connection: Connection,
  target: RecommendQueryVariables['for'],
  first = 10,
): AsyncGenerator<Recommendation> {
  let after: string | null | undefined;
  do {
    const { recommendations } = await ask(connection, RecommendDocument, { for: target, first, after });
    if (!recommendations) return;
    yield* recommendations.edges;
    after = recommendations.pageInfo.hasNextPage ? recommendations.pageInfo.endCursor : null;
  } while (after);
}

function idOf(title: string): string {
  return title.toLowerCase().replaceAll(' ', '-');
}
