import { type Connections, prepared } from '../store/prepared.ts';
import type { PopularityColumns } from './item-table.ts';

/** What a change is about, except for popularity. */
export type ChangeSubject = 'ITEM' | 'SCENARIO' | 'FIELD' | 'MODEL' | 'KEY' | 'TYPE';

/** A moment of the database: which transactions had ended. */
export interface Position {
  readonly snapshot: string;
  readonly at: string;
}

/** What has changed about one subject. */
export interface SubjectChange {
  readonly subject: ChangeSubject;
  /** Whether single statements changed more than `maxSmall` rows. Smaller changes are apart from these. */
  readonly large: boolean;
  /** The internal IDs of what has changed; `null` if that may be everything. */
  readonly ids: readonly number[] | null;
}

/** What has changed since a position in the change log. */
export interface Changes {
  /** Where the next reading continues. */
  readonly position: Position;
  /** Whether the log has been read too long ago: changes may have been deleted from it. */
  readonly lost: boolean;
  /** The ID of the latest interaction of any user; 0 without interactions. */
  readonly watermark: bigint;
  readonly changes: readonly SubjectChange[];
  /** The popularity of the items whose popularity has changed, as of the same moment as `watermark`. */
  readonly popularity: PopularityColumns;
  /** Whether the popularity of more than these items may have changed. */
  readonly allPopularity: boolean;
}

/** Changes kept in the log, in minutes after their commit, and half of it, after which a server reads everything. */
const keptMinutes = 20;

/** A change of one statement is small up to this many rows, as those of mutations are. */
const maxSmall = 1000;
/** Maximum number of IDs of one subject that are sent: parsing them takes the event loop a few milliseconds. */
const maxIds = 50_000;

const moment = `pg_current_snapshot()::text AS snapshot, statement_timestamp()::text AS at,
  (SELECT CASE WHEN is_called THEN last_value ELSE 0 END::text FROM interactions_id_seq) AS watermark`;

/**
 * A change becomes visible when its transaction ends, and transactions do not end in the order in which they begin. So
 * the position is the set of the transactions that had ended, and what counts is what the others have written. Each
 * change is read once.
 */
const changesSince = prepared<Position & { watermark: string } & Omit<Changes, 'position' | 'watermark'>>(
  'live changes since',
  `WITH since AS MATERIALIZED (
     SELECT subject, ids, cardinality(ids) > ${maxSmall} AS large FROM catalog_changes
     WHERE transaction >= pg_snapshot_xmin($1::pg_snapshot) AND NOT pg_visible_in_snapshot(transaction, $1::pg_snapshot)
   ),
   by_subject AS (
     SELECT subject, large, bool_or(ids = '{}') OR sum(cardinality(ids)) > ${maxIds} AS everything
     FROM since WHERE subject <> 'POPULARITY' GROUP BY subject, large
   ),
   counted AS MATERIALIZED (SELECT DISTINCT unnest(ids) AS item_id FROM since WHERE subject = 'POPULARITY')
   SELECT ${moment}, statement_timestamp() - $2::timestamptz > interval '${keptMinutes / 2} minutes' AS lost,
     (SELECT coalesce(json_agg(json_build_object('subject', subject, 'large', large, 'ids', CASE WHEN everything THEN NULL ELSE (
        SELECT json_agg(DISTINCT id) FROM since, unnest(ids) AS id
        WHERE since.subject = by_subject.subject AND since.large = by_subject.large
      ) END)), '[]') FROM by_subject) AS changes,
     EXISTS (SELECT FROM since WHERE subject = 'POPULARITY' AND ids = '{}')
       OR (SELECT count(*) FROM counted) > ${maxIds} AS "allPopularity",
     (SELECT json_build_array(coalesce(json_agg(item_id), '[]'), coalesce(json_agg(coalesce(interactions, 0)), '[]'),
        coalesce(json_agg(coalesce(positives, 0)), '[]'))
      FROM (SELECT * FROM counted LIMIT ${maxIds}) AS counted LEFT JOIN item_popularity USING (item_id)) AS popularity`,
);

/** Reads the changes since a position. */
export async function readChanges(connections: Connections, { snapshot, at }: Position): Promise<Changes> {
  const [row] = await changesSince(connections, [snapshot, at]);
  const { snapshot: nextSnapshot, at: nextAt, watermark, ...changes } = row as NonNullable<typeof row>;
  return { ...changes, position: { snapshot: nextSnapshot, at: nextAt }, watermark: BigInt(watermark) };
}

const currentMoment = prepared<Position & { watermark: string }>('live moment', `SELECT ${moment}`);

/** Returns the position after all changes so far, and the ID of the latest interaction. */
export async function readMoment(connections: Connections): Promise<Pick<Changes, 'position' | 'watermark'>> {
  const [row] = await currentMoment(connections, []);
  const { snapshot, at, watermark } = row as NonNullable<typeof row>;
  return { position: { snapshot, at }, watermark: BigInt(watermark) };
}

/**
 * The age of a change is counted from when it could be read, not from when its transaction began. Of many processes,
 * one notes a moment and deletes each minute.
 */
const forgetOld = prepared(
  'forget catalog changes',
  `WITH noted AS (
     INSERT INTO catalog_moments (at, snapshot) SELECT now(), pg_current_snapshot()
     WHERE NOT EXISTS (SELECT FROM catalog_moments WHERE at > now() - interval '50 seconds')
     ON CONFLICT DO NOTHING RETURNING at
   ),
   outdated AS MATERIALIZED (
     SELECT * FROM catalog_moments WHERE at < now() - interval '${keptMinutes} minutes' AND EXISTS (SELECT FROM noted)
     ORDER BY at DESC LIMIT 1
   ),
   past AS (DELETE FROM catalog_moments USING outdated WHERE catalog_moments.at <= outdated.at)
   DELETE FROM catalog_changes USING outdated
   WHERE transaction < pg_snapshot_xmax(outdated.snapshot) AND pg_visible_in_snapshot(transaction, outdated.snapshot)`,
);

/** Time between two calls of `forgetOldChanges` in one process. */
export const forgetMilliseconds = 60_000;

/** Deletes changes that every server has read or will not read. Any number of processes can call it. */
export async function forgetOldChanges(connections: Connections): Promise<void> {
  await forgetOld(connections, []);
}
