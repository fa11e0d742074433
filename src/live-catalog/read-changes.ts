import { type Connections, prepared } from '../store/prepared.ts';
import type { PopularityTuple } from './read-catalog.ts';

/** What a change is about. */
export type ChangeSubject = 'ITEM' | 'POPULARITY' | 'SCENARIO' | 'FIELD' | 'MODEL' | 'KEY';

/** What has changed since a position in the change log. */
export interface Changes {
  /** Where the next reading continues. */
  readonly position: string;
  /** The ID of the latest interaction of any user; 0 without interactions. */
  readonly watermark: bigint;
  /** The IDs of what has changed by subject; `all` if everything may have. A subject without changes is missing. */
  readonly changed: ReadonlyMap<ChangeSubject, readonly number[] | 'all'>;
  /** The popularity of the items whose popularity has changed, as of the same moment as `watermark`. */
  readonly popularity: readonly PopularityTuple[];
}

interface ChangesRow {
  readonly position: string;
  readonly watermark: string;
  readonly changes: readonly [subject: ChangeSubject, ids: readonly number[]][];
  readonly popularity: readonly PopularityTuple[];
}

/**
 * A change becomes visible when its transaction ends, and transactions do not end in the order in which they begin. The
 * position is therefore the oldest transaction that had not ended: the next reading repeats what came after it, which
 * changes nothing.
 */
const changesSince = prepared<ChangesRow>(
  'live changes since',
  `WITH since AS MATERIALIZED (SELECT subject, ids FROM catalog_changes WHERE transaction >= $1::text::xid8)
   SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS position,
     (SELECT CASE WHEN is_called THEN last_value ELSE 0 END::text FROM interactions_id_seq) AS watermark,
     (SELECT coalesce(json_agg(json_build_array(subject, ids)), '[]') FROM since
      WHERE subject <> 'POPULARITY' OR ids = '{}') AS changes,
     (SELECT coalesce(json_agg(json_build_array(item_id, coalesce(interactions, 0), coalesce(positives, 0))), '[]')
      FROM (SELECT DISTINCT unnest(ids) AS item_id FROM since WHERE subject = 'POPULARITY') AS counted
        LEFT JOIN item_popularity USING (item_id)) AS popularity`,
);

const forgetOld = prepared('forget catalog changes', `DELETE FROM catalog_changes WHERE at < now() - $1::interval`);

/** How long changes are kept. A server that has not read for half as long reads everything again. */
const keptSeconds = 1200;
export const readableMilliseconds = (keptSeconds / 2) * 1000;

/** A position after all changes. */
export const end = String(2n ** 64n - 1n);

/** Reads the changes since a position. */
export async function readChanges(connections: Connections, position: string): Promise<Changes> {
  const [row] = await changesSince(connections, [position]);
  const { watermark, changes, ...rest } = row as ChangesRow;
  const changed = new Map<ChangeSubject, readonly number[] | 'all'>();
  for (const [subject, ids] of changes) {
    const known = changed.get(subject) ?? [];
    changed.set(subject, known === 'all' || ids.length === 0 ? 'all' : [...new Set([...known, ...ids])]);
  }
  return { ...rest, watermark: BigInt(watermark), changed };
}

/** Deletes changes that every server has read. */
export async function forgetOldChanges(connections: Connections): Promise<void> {
  await forgetOld(connections, [`${keptSeconds} seconds`]);
}
