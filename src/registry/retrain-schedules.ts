import type { Database, RetrainSchedule } from '../store/database.ts';
import { inOrder } from '../store/in-order.ts';

/** Schedules by id, in the order asked for; `null` where there is none. */
export async function retrainSchedulesById(
  database: Database,
  ids: readonly number[],
): Promise<(RetrainSchedule | null)[]> {
  return inOrder(ids, await database.retrainSchedule.findMany({ where: { id: { in: [...ids] } } }));
}
