import { z } from 'zod';
import type { CandidateBounds } from './candidates.ts';
import { CursorForm, candidateBounds, internalId, watermark } from './cursors.ts';
import type { ListArguments } from './list-conditions.ts';
import { digest } from './shared-reads.ts';

/**
 * Where a page ended, and what its list was made of: the same model version, everybody's interactions up to the same ones, and
 * the same items. The next page is cut from the very same list, whatever has happened since.
 */
export interface RecommendationCursor {
  /** `null` for a list of popular items. */
  readonly modelVersionId: number | null;
  /** The user's last interaction that the list knows, 0 for none and for a visitor. */
  readonly watermark: bigint;
  /** The last interaction with any of the scenario's items that the list knows, 0 for none. */
  readonly scenarioWatermark: bigint;
  /** The last interaction of anybody that a list of popular items counts. */
  readonly popularityWatermark: bigint;
  readonly bounds: CandidateBounds;
  readonly score: number;
  readonly itemId: number;
}

export const recommendationCursors = new CursorForm<RecommendationCursor>(
  'recommendations 4',
  z.object({
    modelVersionId: internalId.nullable(),
    watermark,
    scenarioWatermark: watermark,
    popularityWatermark: watermark,
    bounds: candidateBounds,
    score: z.number(),
    itemId: internalId,
  }),
);

/** A name of a list of recommendations, in digests, so that it is short and tells nothing of a visitor. */
export type RecommendationListName = ReturnType<typeof nameOf>;

export function nameOf({ for: target, scenario, filter, exclude, includeSeen = false }: ListArguments) {
  return {
    for:
      target.user === undefined
        ? digest(['visitor', target.visitor.features ?? {}, target.visitor.interactions ?? []])
        : digest(['user', target.user]),
    scenario: scenario == null ? null : digest(scenario),
    filter: filterName(filter),
    exclude: exclude?.length ? digest([...new Set(exclude)].sort()) : null,
    includeSeen,
  };
}

/** The same for all ways to say the same conditions in another order, and `null` for none. */
export function filterName(filter: ListArguments['filter']): string | null {
  const { features, includeUnavailable = false } = filter ?? {};
  if (!features?.length && !includeUnavailable) return null;
  const conditions = (features ?? []).map(({ in: among, notIn, ...condition }) =>
    digest({ ...condition, in: among?.toSorted(), notIn: notIn?.toSorted() }),
  );
  return digest([conditions.sort(), includeUnavailable]);
}
