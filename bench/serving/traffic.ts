import type { Catalog } from './data.ts';

/** Returns the body of the next request. */
export type NextBody = () => string;

const listFields = 'edges { node { title } score reason }';

const documents = {
  typename: '{ __typename }',
  user: `query ForUser($user: ID!) { recommendations(for: { user: $user }, first: 10) { ${listFields} } }`,
  visitor: `query ForVisitor($interactions: [VisitorInteractionInput!]!) {
    recommendations(for: { visitor: { interactions: $interactions } }, first: 10) { ${listFields} }
  }`,
  filtered: `query ForUser($user: ID!, $maker: String!) {
    recommendations(for: { user: $user }, first: 10, filter: { features: [{ feature: "maker", in: [$maker] }] }) {
      ${listFields}
    }
  }`,
  record: `mutation Record($interactions: [InteractionInput!]!) {
    recordInteractions(input: { interactions: $interactions }) { results { recorded } userErrors { message } }
  }`,
  similar: `query Similar($item: ID!) { similarItems(item: $item, first: 10) { edges { node { title } similarity } } }`,
  popular: '{ popularItems(first: 10) { edges { node { title } positives } } }',
  item: 'query Item($item: ID!) { item(externalId: $item) { title features } }',
  items: `query Items($maker: String!) {
    items(first: 20, filter: { features: [{ feature: "maker", in: [$maker] }] }) { edges { node { title } } }
  }`,
};

/** An operation of the traffic. */
export type Operation = keyof typeof documents;

/** The operations in the order in which they are measured, with their names in tables. */
export const operationNames: Readonly<Record<Operation, string>> = {
  typename: '__typename',
  user: 'ten items for a stored user',
  visitor: 'ten items for a visitor',
  filtered: 'ten items for a stored user, of 1 %',
  record: 'one interaction recorded',
  similar: 'ten similar items',
  popular: 'ten popular items',
  item: 'an item',
  items: 'twenty items with a filter',
};

/** 70 % lists, 20 % recorded interactions, 10 % browsing. */
const mix = ['user', 'user', 'record', 'visitor', 'user', 'browse', 'user', 'record', 'visitor', 'user'] as const;
const browsing = ['popular', 'item', 'items'] as const;

/** Returns the bodies of requests for one operation, each about other users and items. */
export function requestsFor(operation: Operation, catalog: Catalog): NextBody {
  const drawn = draws();
  return () => bodyOf(operation, catalog, drawn);
}

/** Returns the bodies of mixed traffic. */
export function mixedTraffic(catalog: Catalog): NextBody {
  const drawn = draws();
  let sent = 0;
  return () => {
    const kind = mix[sent % mix.length] as (typeof mix)[number];
    const browsed = browsing[Math.floor(sent / mix.length) % browsing.length] as (typeof browsing)[number];
    sent++;
    return bodyOf(kind === 'browse' ? browsed : kind, catalog, drawn);
  };
}

/** Returns the bodies of mutations that record this many interactions each. */
export function recordingsOf(count: number, catalog: Catalog): NextBody {
  const drawn = draws();
  return () => JSON.stringify({ query: documents.record, variables: viewsOf(count, catalog, drawn) });
}

type Draw = <T>(values: readonly T[]) => T;

/** Returns a function that draws from lists, the same values in every run (the generator of Park and Miller). */
function draws(): Draw {
  let state = 1;
  return (values) => {
    state = (state * 48_271) % 2_147_483_647;
    return values[state % values.length] as (typeof values)[number];
  };
}

function bodyOf(operation: Operation, catalog: Catalog, draw: Draw): string {
  return JSON.stringify({ query: documents[operation], variables: variablesOf(operation, catalog, draw) });
}

function variablesOf(operation: Operation, catalog: Catalog, draw: Draw): object {
  const { users, items, makers } = catalog;
  if (operation === 'visitor')
    return { interactions: [5, 4, 1].map((value) => ({ item: draw(items), type: 'RATE', value })) };
  if (operation === 'record') return viewsOf(1, catalog, draw);
  const all = { user: draw(users), item: draw(items), maker: draw(makers) };
  const used = Object.entries(all).filter(([name]) => documents[operation].includes(`$${name}:`));
  return Object.fromEntries(used);
}

function viewsOf(count: number, { users, items }: Catalog, draw: Draw): object {
  return {
    interactions: Array.from({ length: count }, () => ({ user: draw(users), item: draw(items), type: 'VIEW' })),
  };
}
