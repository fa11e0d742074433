import { type Candidates, findCandidates, freshCount } from '../serving/candidates.ts';
import { type Database, sql } from '../store/database.ts';
import type { TaskList } from './adapted-task.ts';
import type { ExplanationContext } from './explanation-context.ts';

/** How an item came to be scored; `NOT_RETRIEVED` when it did not. */
export type CandidateStage = 'SCENARIO' | 'POPULAR' | 'FRESH' | 'NOT_RETRIEVED';

/**
 * The stage of `findCandidates` that gives the item. Both of the most popular and of the newest, it is popular if anybody has
 * interacted with it.
 */
export async function candidateStage(
  { database, mostCandidates }: ExplanationContext,
  list: TaskList,
  itemId: number,
): Promise<CandidateStage> {
  const candidates = await findCandidates(database, list, mostCandidates);
  const place = candidates.ids.indexOf(itemId);
  if (place < 0) return 'NOT_RETRIEVED';
  if (list.scenarioId !== null) return 'SCENARIO';
  const fresh = freshCount(mostCandidates);
  // They are in the order of their ids, which grow, so that the newest are the last.
  if (place < candidates.ids.length - fresh) return 'POPULAR';
  const ahead = await countMorePopular(database, candidates, itemId);
  return ahead === undefined || ahead >= mostCandidates - fresh ? 'FRESH' : 'POPULAR';
}

/** How many of the candidates come before an item by popularity; `undefined` for one with which nobody has interacted. */
async function countMorePopular(
  database: Database,
  { ids }: Candidates,
  itemId: number,
): Promise<number | undefined> {
  const [row] = await database.$queryRaw<{ ahead: number }[]>(sql`
    SELECT count(other.item_id)::int AS ahead FROM item_popularity AS own
      LEFT JOIN item_popularity AS other ON other.item_id = ANY(${[...ids]})
        AND (-other.interactions, other.item_id) < (-own.interactions, own.item_id)
    WHERE own.item_id = ${itemId} AND own.interactions > 0 GROUP BY own.item_id`);
  return row?.ahead;
}
