import { setImmediate } from 'node:timers/promises';
import type { Features } from '../features/feature-schema.ts';
import { selectEmbeddings } from '../models/embedding/select-embeddings.ts';
import type { Adaptation, Embeddings } from '../models/recommender.ts';
import { embedUsers, readScenarioSupports } from '../serving/adapt-to-scenario.ts';
import { readUserSupports } from '../serving/adapt-to-user.ts';
import type { ServedModel } from '../serving/served-models.ts';
import { embedSupport, type Support } from '../serving/support.ts';
import { type Database, sql, type TaskKind } from '../store/database.ts';
import type { ExplanationContext } from './explanation-context.ts';

/** A task of a sample, adapted to as of now. */
export interface SampledTask {
  /** The internal id of the user or the scenario. */
  readonly ownerId: number;
  /** Known interactions that the model was adapted to. */
  readonly known: number;
  readonly adaptation: Adaptation;
  /** The user and the item of the first known interaction. */
  readonly user: Embeddings;
  readonly item: Embeddings;
}

/** Somebody of whom nothing is known. */
export const newcomer = { id: '', features: {} as Features };

/** Tasks whose support sets are read at once. */
const tasksPerRead: Record<TaskKind, number> = { USER: 20, SCENARIO: 5 };
/** Everything that was recorded counts. */
const now = 2n ** 63n - 1n;

/**
 * Up to `count` of the tasks with something to adapt to, in an order that is random and always the same, so that a smaller
 * sample is the beginning of a larger one.
 */
export async function* sampleTasks(
  context: ExplanationContext,
  model: ServedModel,
  taskKind: TaskKind,
  count: number,
): AsyncGenerator<SampledTask> {
  const ids = await sampleIds[taskKind](context.database, model, count);
  for (let start = 0; start < ids.length; start += tasksPerRead[taskKind]) {
    const page = ids.slice(start, start + tasksPerRead[taskKind]);
    const supports = await readSupports[taskKind](context, model, page);
    const userIds = [...new Set(supports.flatMap((support) => support?.userIds ?? []))];
    const users = { ids: userIds, rows: await embedUsers(context.database, model, userIds) };
    for (const [index, support] of supports.entries()) {
      if (!support) continue;
      yield { ownerId: page[index] as number, ...(await adaptSampled(model, support, users)) };
      await setImmediate();
    }
  }
}

async function adaptSampled(
  model: ServedModel,
  support: Support,
  users: { readonly ids: readonly number[]; readonly rows: Embeddings },
): Promise<Omit<SampledTask, 'ownerId'>> {
  const rowOf = new Map(users.ids.map((id, row) => [id, row]));
  const rows = support.userIds.map((id) => rowOf.get(id) as number);
  const set = await embedSupport(model, support, selectEmbeddings(users.rows, rows));
  return {
    known: support.known,
    adaptation: await model.recommender.adapt(set),
    user: selectEmbeddings(set.users, [0]),
    item: selectEmbeddings(set.items, [0]),
  };
}

type SampleIds = (database: Database, model: ServedModel, count: number) => Promise<number[]>;

const sampleIds: Record<TaskKind, SampleIds> = {
  USER: async (database, { recommender }, count) => {
    const counts = recommender.support === 'labels' ? sql`type = 'RATE'` : sql`TRUE`;
    const [row] = await database.$queryRaw<{ ids: number[] }[]>(sql`
      SELECT coalesce(array_agg(id ORDER BY place, id), '{}') AS ids FROM (
        SELECT id, md5(id::text) AS place FROM users
        WHERE EXISTS (SELECT 1 FROM interactions WHERE user_id = users.id AND ${counts})
        ORDER BY place, id LIMIT ${count}) AS sampled`);
    return row?.ids ?? [];
  },
  SCENARIO: async (database, _model, count) => {
    const [row] = await database.$queryRaw<{ ids: number[] }[]>(sql`
      SELECT coalesce(array_agg(id ORDER BY place, id), '{}') AS ids FROM (
        SELECT id, md5(id::text) AS place FROM scenarios
        WHERE EXISTS (
          SELECT 1 FROM scenario_items JOIN interactions USING (item_id) WHERE scenario_items.scenario_id = scenarios.id)
        ORDER BY place, id LIMIT ${count}) AS sampled`);
    return row?.ids ?? [];
  },
};

type ReadSupports = (
  context: ExplanationContext,
  model: ServedModel,
  ids: readonly number[],
) => Promise<(Support | undefined)[]>;

const readSupports: Record<TaskKind, ReadSupports> = {
  USER: ({ database, mostCandidates }, model, ids) =>
    readUserSupports(
      database,
      model,
      ids.map((userId) => ({ userId, watermark: now })),
      mostCandidates,
    ),
  SCENARIO: ({ database }, model, ids) =>
    readScenarioSupports(
      database,
      model,
      ids.map((id) => ({ id, watermark: now })),
    ),
};
