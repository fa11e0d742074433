import { declaredFields } from '../catalog/feature-fields.ts';
import { declaredTypes } from '../catalog/interaction-types.ts';
import { isLatestPositive } from '../catalog/interaction-value.ts';
import { WarmstartError } from '../common/errors.ts';
import type { EntityKind } from '../features/feature-schema.ts';
import type { FitOptions } from '../features/fit-feature-schema.ts';
import type { OnIgnored } from '../features/readable-features.ts';
import { type Database, type Sql, sql } from '../store/database.ts';
import { type Entities, encodeKnownInBatches } from '../tasks/encode-known.ts';
import { defaultEpisodes } from '../tasks/episode-options.ts';
import { drawHeldOut } from '../tasks/held-out.ts';
import {
  type FeedbackKind,
  interactionsOf,
  type Pairs,
  type Task,
  type TrainingData,
  userOf,
} from '../tasks/training-data.ts';
import { belongsToHistory } from './read-histories.ts';
import { joinPairs, readItems, readUsers, rowsByInternalId } from './read-stored-data.ts';
import { firstPairs, readUserHistories, type UserHistory } from './user-histories.ts';

export interface LoadUserDataOptions {
  /** Default: `ratings`. */
  readonly feedback?: FeedbackKind;
  /** The value from which a rating is positive. With the feedback `any`, other ratings are `ignored`. */
  readonly positiveFrom: number;
  /** The entities whose IDs are features too. Default: none. */
  readonly ids?: readonly EntityKind[];
  /** Users with fewer items in their history are not used for training. */
  readonly minimumPairs?: number;
  /** A training task consists of the user's first pairs, at most this many. */
  readonly historyLimit: number;
  /** Maximum number of training users. If there are more, a random sample is used. */
  readonly maxUsers?: number | undefined;
  /** The share of held-out users, see `drawHeldOut`. */
  readonly heldOutShare: number;
  /** The seed of the sample. */
  readonly seed: number;
  readonly features?: FitOptions;
  /** Receives stored features that are not read. */
  readonly onIgnored?: OnIgnored | undefined;
}

/** The training data of user tasks. It contains only the interactions of the training users. */
export interface UserData extends TrainingData {
  /** The held-out tasks, in random order. They do not depend on `maxUsers` or the seed. */
  readonly heldOut: readonly Task[];
  /** The rows of the items that each held-out task ignores. */
  readonly ignoredByHeldOut: readonly Int32Array[];
  /**
   * All interactions of the training users and of the held-out users, whatever the feedback, as tasks of the feedback
   * `typed`. Those of held-out users are in the order of `heldOut`.
   */
  readonly whole: { readonly training: readonly Task[]; readonly heldOut: readonly Task[] };
  /** The number of users with a long enough history: held-out, training and unsampled ones. */
  readonly eligibleUsers: number;
  /** The entities whose features were encoded, by row. */
  readonly entities: Pick<Entities, 'users' | 'items'>;
}

/**
 * Users with fewer pairs are only held out if the training uses such users. A higher minimum does not exclude held-out
 * users.
 */
const measuredPairs = defaultEpisodes.minimumPairs;
/** A held-out task consists of the user's first pairs, at most this many, whatever the limit of training tasks. */
const measuredHistory = 100;
/** Maximum number of held-out users that are measured. Measuring one can cost as much as serving several lists. */
const maxMeasured = 1000;

/**
 * Reads the data of user tasks: the users with a long enough history, their histories in the order of time with
 * each item once (`typed`: once for each type), and all items. A later interaction with an item replaces an earlier
 * one. With the feedback `any`, only positive interactions are in the histories, and items whose latest interaction is
 * a low rating are ignored. With `ratings`, only the pairs of the tasks are known interactions; otherwise all pairs of
 * the histories of training users.
 *
 * Throws INVALID_DATA if no user has a long enough history.
 */
export async function loadUserData(database: Database, options: LoadUserDataOptions): Promise<UserData> {
  const { feedback = 'ratings', ids = [], historyLimit, maxUsers = Infinity, features, onIgnored } = options;
  const eligible = await eligibleUsers(database, { ...options, feedback });
  const fields = await declaredFields(database);
  const types = (await declaredTypes(database)).withRatingsFrom(options.positiveFrom);
  const sample = [...eligible.training.slice(0, maxUsers), ...eligible.heldOut].sort((a, b) => a - b);
  // A user may have been deleted in the meantime, so only the users that were read count.
  const users = await readUsers(database, { fields, onIgnored }, sample);
  const items = await readItems(database, { fields, onIgnored });
  const rows = { users: rowsByInternalId(users), items: rowsByInternalId(items) };
  const byUser = new Map(
    (await readUserHistories(database, rows, { feedback, types })).map((history) => [userOf(history.task, 0), history]),
  );
  const heldOut = eligible.heldOut.flatMap((id) => {
    const row = rows.users.get(id) as number;
    const history = byUser.get(row);
    byUser.delete(row);
    return history ?? [];
  });
  const training = [...byUser.values()];
  const histories = training.map(({ task }) => task);
  const tasks = histories.map((history) => firstPairs(history, historyLimit));
  const interactions = feedback !== 'ratings' ? interactionsOf({ tasks: histories }) : undefined;
  const known = interactions ?? interactionsOf({ tasks });
  return {
    taskKind: 'USER',
    ...(await encodeKnownInBatches({ fields, users, items }, { known, ids, features })),
    tasks,
    positiveFrom: options.positiveFrom,
    typeNames: types.names,
    ...(interactions && { interactions }),
    ...(feedback === 'any' && { ignored: ignoredBy(training) }),
    heldOut: heldOut.map(({ task }) => firstPairs(task, measuredHistory)),
    ignoredByHeldOut: heldOut.map(({ ignored }) => ignored),
    whole: { training: training.map(({ whole }) => whole), heldOut: heldOut.map(({ whole }) => whole) },
    eligibleUsers: eligible.training.length + eligible.heldOut.length,
    entities: { users, items },
  };
}

/**
 * Internal IDs of possible training users, shuffled by the seed, and of held-out users. Any prefix is a random sample.
 */
async function eligibleUsers(
  database: Database,
  {
    feedback,
    positiveFrom,
    minimumPairs = defaultEpisodes.minimumPairs,
    heldOutShare,
    seed,
  }: LoadUserDataOptions & { feedback: FeedbackKind },
): Promise<{ training: number[]; heldOut: number[] }> {
  const [row] = await database.$queryRaw<{ ids: number[]; externalIds: string[]; pairs: number[] }[]>(sql`
    SELECT coalesce(array_agg(user_id ORDER BY place), '{}') AS ids,
      coalesce(array_agg(external_id ORDER BY place), '{}') AS "externalIds",
      coalesce(array_agg(pairs ORDER BY place), '{}') AS pairs
    FROM (
      SELECT user_id, count(DISTINCT item_id)::int AS pairs, md5(user_id::text || '/' || ${String(seed)}) AS place
      FROM ${countedPairs(feedback, positiveFrom)} AS counted
      GROUP BY user_id HAVING count(DISTINCT item_id) >= ${Math.min(minimumPairs, measuredPairs)}
    ) AS eligible JOIN users ON users.id = user_id`);
  const { ids, externalIds, pairs } = row as NonNullable<typeof row>;
  const drawn = await drawHeldOut(externalIds, heldOutShare);
  const isDrawn = new Set(drawn);
  const training = ids.filter((_, index) => (pairs[index] as number) >= minimumPairs && !isDrawn.has(index));
  const heldOut = Array.from(drawn.subarray(0, maxMeasured), (index) => ids[index] as number);
  if (training.length > 0) return { training, heldOut };
  const done = { ratings: 'rated', any: 'interacted positively with', typed: 'interacted with' }[feedback];
  throw new WarmstartError(
    'INVALID_DATA',
    `there is no data to train on: expected users who have ${done} at least ${minimumPairs} items, found none; import or record more interactions, or lower episodes.minimumPairs`,
  );
}

/** Returns a subquery for the pairs of a user and an item that belong to a history. */
function countedPairs(feedback: FeedbackKind, positiveFrom: number): Sql {
  const pairs = sql`SELECT user_id, item_id FROM opinions WHERE ${belongsToHistory[feedback]}`;
  if (feedback !== 'any') return sql`(${pairs})`;
  return sql`(${pairs} GROUP BY user_id, item_id HAVING ${isLatestPositive(positiveFrom)})`;
}

function ignoredBy(histories: readonly UserHistory[]): Pairs {
  return joinPairs(
    histories.map(({ task, ignored }) => ({
      users: new Int32Array(ignored.length).fill(userOf(task, 0)),
      items: ignored,
    })),
  );
}
