import type { Ask } from '../../test/support/server-client.ts';
import type { Catalog } from '../serving/data.ts';

/** What made a list of ten items; `nothing` if there was no such list. */
export type Served = 'before' | 'popularity' | 'damaged' | 'nothing';

export interface ServedLists {
  /** The worse one of what made the list of a stored user and that of a visitor. */
  readonly served: Served;
  /** Whether a list said that it is degraded. */
  readonly degraded: boolean;
}

/** The active version before, and the damaged one. */
export interface Versions {
  readonly before: number;
  readonly damaged: number;
}

interface Edge {
  readonly modelVersion: { readonly number: number } | null;
}

/** A list as the server answers it. */
export interface AnsweredList {
  readonly edges: readonly Edge[];
  readonly degraded: boolean;
}

/** From the best to the worst. */
const order: readonly Served[] = ['before', 'popularity', 'damaged', 'nothing'];
const length = 10;

const query = `query ($for: RecommendationTarget!) {
  recommendations(for: $for, first: ${length}) { edges { modelVersion { number } } degraded }
}`;

/** Asks for the list of a stored user and for that of a visitor. Both have interactions to adapt to. */
export async function listsOf(ask: Ask, { users, items }: Catalog, versions: Versions): Promise<ServedLists> {
  const interactions = items.slice(0, 5).map((item) => ({ item, type: 'RATE', value: 5 }));
  const targets = [{ user: users[0] }, { visitor: { interactions } }];
  const lists = await Promise.all(
    targets.map(
      async (target) => (await ask(query, { for: target })).data?.recommendations as AnsweredList | undefined,
    ),
  );
  return judgeLists(lists, versions);
}

/** Says what made lists. A list without a version has popular items. */
export function judgeLists(lists: readonly (AnsweredList | null | undefined)[], versions: Versions): ServedLists {
  const served = lists.map((list) => servedBy(list, versions));
  return {
    served: order.findLast((each) => served.includes(each)) ?? 'nothing',
    degraded: lists.some((list) => list?.degraded === true),
  };
}

function servedBy(list: AnsweredList | null | undefined, { before, damaged }: Versions): Served {
  if (list?.edges.length !== length) return 'nothing';
  const versions = list.edges.map(({ modelVersion }) => modelVersion?.number);
  if (versions.includes(damaged)) return 'damaged';
  return versions.includes(before) ? 'before' : 'popularity';
}
