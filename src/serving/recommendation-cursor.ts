import { z } from 'zod';
import { type CandidateEnds, candidateEnds } from './candidates.ts';
import { CursorForm, internalId, newestItemId, watermark } from './cursors.ts';
import { digest } from './digest.ts';
import type { ListArguments } from './list-conditions.ts';
import type { SeenBy } from './seen-items.ts';

/**
 * The end of a page, and what its list was made from: model version, interactions up to a certain one, and items. The
 * next page is taken from exactly that list, whatever has changed since.
 */
export interface RecommendationCursor {
  /** `null` for a list of popular items. */
  readonly modelVersionId: number | null;
  /** The personal model of a scenario's list, and what its scores are multiplied by; see `scoreList`. */
  readonly personal: { readonly modelVersionId: number; readonly scale: number } | null;
  /** The user's last interaction that counts for the list; 0 for none, and for a visitor. */
  readonly watermark: bigint;
  /** The last interaction with an item of the scenario that counts for the list; 0 for none. */
  readonly scenarioWatermark: bigint;
  /** The last interaction of any user that counts for a list of popular items. */
  readonly popularityWatermark: bigint;
  readonly newestItemId: number;
  /** `null` if all items are candidates. */
  readonly ends: CandidateEnds | null;
  /** The types of interactions that hide an item. */
  readonly seenBy: SeenBy;
  readonly score: number;
  readonly itemId: number;
}

export const recommendationCursors = new CursorForm<RecommendationCursor>(
  'recommendations 9',
  z.object({
    modelVersionId: internalId.nullable(),
    personal: z.object({ modelVersionId: internalId, scale: z.number() }).nullable(),
    watermark,
    scenarioWatermark: watermark,
    popularityWatermark: watermark,
    newestItemId,
    ends: candidateEnds.nullable(),
    seenBy: z.array(z.string()),
    score: z.number(),
    itemId: internalId,
  }),
);

/** The identity of a list of recommendations. Digests keep it short and reveal nothing about a visitor. */
export type RecommendationListName = ReturnType<typeof nameOf>;

export function nameOf({ for: target, scenario, filter, exclude, includeSeen = false, seenBy }: ListArguments) {
  return {
    for:
      target.user === undefined
        ? digest(['visitor', target.visitor.features ?? {}, target.visitor.interactions ?? []])
        : digest(['user', target.user]),
    scenario: scenario == null ? null : digest(scenario),
    filter: filterName(filter),
    exclude: exclude?.length ? digest([...new Set(exclude)].sort()) : null,
    includeSeen,
    seenBy: seenBy == null ? null : [...new Set(seenBy)].sort().join(),
  };
}

/** Returns a digest that does not depend on the order of the conditions; `null` without conditions. */
export function filterName(filter: ListArguments['filter']): string | null {
  const { features, includeUnavailable = false } = filter ?? {};
  if (!features?.length && !includeUnavailable) return null;
  const conditions = (features ?? []).map(({ in: among, notIn, ...condition }) =>
    digest({ ...condition, in: among?.toSorted(), notIn: notIn?.toSorted() }),
  );
  return digest([conditions.sort(), includeUnavailable]);
}
