import { setImmediate } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { type Adaptation, type Embeddings, selectEmbeddings } from '../models/recommender.ts';
import { type AdaptedTask, adaptAnyTask, type TaskOfList } from '../serving/adapted-model.ts';
import type { ServedModel } from '../serving/served-models.ts';
import { type ServingPlatform, ServingSession } from '../serving/serving-session.ts';
import { readStoredUsers, type StoredUser } from '../serving/stored-users.ts';
import { sql } from '../store/database.ts';
import type { TaskKind } from '../tasks/training-data.ts';

/** A sampled task, with the model adapted to its current support set. */
export interface SampledTask {
  /** The internal ID of the user or the scenario. */
  readonly ownerId: number;
  /** The number of interactions in the support set, without negatives. */
  readonly known: number;
  readonly adaptation: Adaptation;
  /** The user and the item of the first known interaction. */
  readonly user: Embeddings;
  readonly item: Embeddings;
}

/** The number of tasks read concurrently, each with its own statements. */
const tasksPerRead = 4;

/**
 * Yields up to `count` tasks with interactions, in an order that is random but always the same, so that a smaller
 * sample is the beginning of a larger one. Throws when the time of the session is over.
 */
export async function* sampleTasks(
  session: ServingSession,
  model: ServedModel,
  taskKind: TaskKind,
  count: number,
): AsyncGenerator<SampledTask> {
  const tasks = await drawTasks[taskKind](session, model, count);
  for (let start = 0; start < tasks.length; start += tasksPerRead) {
    session.check();
    const page = tasks.slice(start, start + tasksPerRead);
    const adapted = await Promise.all(page.map((task) => adaptAnyTask(session, model, taskKind, task)));
    for (const [index, task] of adapted.entries()) {
      if (task) yield sampled((page[index] as OwnedTask).ownerId, task);
    }
    await setImmediate();
  }
}

function sampled(ownerId: number, { support, set, adaptation }: AdaptedTask): SampledTask {
  return {
    ownerId,
    known: support.known,
    adaptation,
    user: selectEmbeddings(set.users, [0]),
    item: selectEmbeddings(set.items, [0]),
  };
}

interface OwnedTask extends TaskOfList {
  readonly ownerId: number;
}

type DrawTasks = (session: ServingSession, model: ServedModel, count: number) => Promise<OwnedTask[]>;

const drawTasks: Record<TaskKind, DrawTasks> = {
  async USER(session, { recommender }, count) {
    const { newestItemId } = await session.moment([]);
    const users = await drawUsers(session.platform, recommender.support === 'labels', count);
    return users.map((recipient) => ({ ownerId: recipient.userId, recipient, scenario: null, newestItemId }));
  },
  async SCENARIO(session, _model, count) {
    const { newestItemId } = await session.moment([]);
    const { database, catalog } = session.platform;
    const [row] = await database.$queryRaw<{ ids: number[] }[]>(sql`
      SELECT coalesce(array_agg(id ORDER BY place, id), '{}') AS ids FROM (
        SELECT id, md5(id::text) AS place FROM scenarios
        WHERE EXISTS (
          SELECT 1 FROM scenario_items JOIN opinions USING (item_id) WHERE scenario_items.scenario_id = scenarios.id)
        ORDER BY place, id LIMIT ${count}) AS sampled`);
    const recipient = await session.recipient({ visitor: {} });
    const scenarios = (row?.ids ?? []).flatMap((id) => catalog.scenarios.byId(id) ?? []);
    return scenarios.map((scenario) => ({ ownerId: scenario.id, recipient, scenario, newestItemId }));
  },
};

/** Users with interactions, or only users with ratings if `rated` is true. */
async function drawUsers(
  { database, connections, catalog }: ServingPlatform,
  rated: boolean,
  count: number,
): Promise<StoredUser[]> {
  const counts = rated ? sql`type = 'RATE'` : sql`TRUE`;
  const [row] = await database.$queryRaw<{ ids: string[] }[]>(sql`
    SELECT coalesce(array_agg(external_id ORDER BY place, id), '{}') AS ids FROM (
      SELECT id, external_id, md5(id::text) AS place FROM users
      WHERE EXISTS (SELECT 1 FROM opinions WHERE user_id = users.id AND ${counts})
      ORDER BY place, id LIMIT ${count}) AS sampled`);
  const ids = row?.ids ?? [];
  const read = await readStoredUsers(connections, catalog, ids);
  const users = new Map(read.map((user) => [user.externalId, user]));
  // A user may have been deleted since the IDs were read.
  return ids.flatMap((id) => users.get(id) ?? []);
}

/** The number of tasks that `distanceFromAverage` compares with. */
const averageSampleSize = 50;
/** The number of model versions whose samples are cached. A sample takes about 100 KB. */
const maxVersions = 8;

/**
 * Caches a sample of adapted tasks for each model version. A sample is read at its first use, to its end: other requests
 * may wait for it too.
 */
export class AverageTasks {
  readonly #samples = new LRUCache<number, Promise<readonly SampledTask[]>>({ max: maxVersions });

  of({ platform }: ServingSession, model: ServedModel, taskKind: TaskKind): Promise<readonly SampledTask[]> {
    const { versionId } = model;
    const kept = this.#samples.get(versionId);
    if (kept) return kept;
    const sample = readSample(new ServingSession(platform), model, taskKind);
    this.#samples.set(versionId, sample);
    // A failed or incomplete sample is not cached, so the next request reads it again.
    const drop = () => this.#samples.peek(versionId) === sample && this.#samples.delete(versionId);
    sample.then((tasks) => tasks.length < averageSampleSize && drop(), drop);
    return sample;
  }
}

async function readSample(session: ServingSession, model: ServedModel, taskKind: TaskKind): Promise<SampledTask[]> {
  const tasks: SampledTask[] = [];
  for await (const task of sampleTasks(session, model, taskKind, averageSampleSize)) tasks.push(task);
  return tasks;
}
