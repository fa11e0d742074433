import { setImmediate } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { selectEmbeddings } from '../models/embedding/select-embeddings.ts';
import type { Adaptation, Embeddings } from '../models/recommender.ts';
import { type AdaptedTask, adaptTask, type ListTask } from '../serving/adapted-model.ts';
import { readStoredUsers, type StoredUser, storedRecipient } from '../serving/recipient.ts';
import type { ServedModel } from '../serving/served-models.ts';
import type { ServingSession } from '../serving/serving-session.ts';
import { type Database, sql } from '../store/database.ts';
import type { TaskKind } from '../tasks/training-data.ts';

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

/** Tasks read at once, each by statements of its own. */
const tasksPerRead = 4;
/** Everything that was recorded counts. */
const now = 2n ** 63n - 1n;

/**
 * Up to `count` of the tasks with something to adapt to, in an order that is random and always the same, so that a smaller
 * sample is the beginning of a larger one.
 */
export async function* sampleTasks(
  session: ServingSession,
  model: ServedModel,
  taskKind: TaskKind,
  count: number,
): AsyncGenerator<SampledTask> {
  const tasks = await drawTasks[taskKind](session, model, count);
  for (let start = 0; start < tasks.length; start += tasksPerRead) {
    const page = tasks.slice(start, start + tasksPerRead);
    const adapted = await Promise.all(page.map((task) => adaptTask(session, model, taskKind, task)));
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

interface OwnedTask extends ListTask {
  readonly ownerId: number;
}

type DrawTasks = (session: ServingSession, model: ServedModel, count: number) => Promise<OwnedTask[]>;

const drawTasks: Record<TaskKind, DrawTasks> = {
  async USER(session, { recommender }, count) {
    const { database } = session.platform;
    const users = await drawUsers(database, recommender.support === 'labels', count);
    const bounds = await boundsOf(session);
    return users.map((user) => ({
      ownerId: user.id,
      recipient: storedRecipient(database, user, user.watermark),
      scenario: null,
      bounds,
    }));
  },
  async SCENARIO(session, _model, count) {
    const { database } = session.platform;
    const [row] = await database.$queryRaw<{ ids: number[] }[]>(sql`
      SELECT coalesce(array_agg(id ORDER BY place, id), '{}') AS ids FROM (
        SELECT id, md5(id::text) AS place FROM scenarios
        WHERE EXISTS (
          SELECT 1 FROM scenario_items JOIN interactions USING (item_id) WHERE scenario_items.scenario_id = scenarios.id)
        ORDER BY place, id LIMIT ${count}) AS sampled`);
    const recipient = await session.recipient({ visitor: {} });
    const bounds = await boundsOf(session);
    return (row?.ids ?? []).map((id) => ({
      ownerId: id,
      recipient,
      scenario: { id, watermark: now },
      bounds,
    }));
  },
};

/** Users who did something, or rated something. */
async function drawUsers(database: Database, rated: boolean, count: number): Promise<StoredUser[]> {
  const counts = rated ? sql`type = 'RATE'` : sql`TRUE`;
  const [row] = await database.$queryRaw<{ ids: string[] }[]>(sql`
    SELECT coalesce(array_agg(external_id ORDER BY place, id), '{}') AS ids FROM (
      SELECT id, external_id, md5(id::text) AS place FROM users
      WHERE EXISTS (SELECT 1 FROM interactions WHERE user_id = users.id AND ${counts})
      ORDER BY place, id LIMIT ${count}) AS sampled`);
  const ids = row?.ids ?? [];
  const users = new Map((await readStoredUsers(database, ids)).map((user) => [user.externalId, user]));
  // Somebody may have been deleted in between.
  return ids.flatMap((id) => users.get(id) ?? []);
}

async function boundsOf(session: ServingSession): Promise<ListTask['bounds']> {
  return { newestItemId: (await session.moment()).newestItemId, ends: null };
}

/** What an ordinary task is told from. */
const averageSampleSize = 50;
/** Model versions whose samples are kept; one takes some 100 KB. */
const maxVersions = 8;

/** A sample of each model version's tasks, adapted to once, when it is first asked for. */
export class AverageTasks {
  readonly #samples = new LRUCache<number, Promise<readonly SampledTask[]>>({ max: maxVersions });

  of(session: ServingSession, model: ServedModel, taskKind: TaskKind): Promise<readonly SampledTask[]> {
    const { versionId } = model;
    const kept = this.#samples.get(versionId);
    if (kept) return kept;
    const sample = readSample(session, model, taskKind);
    this.#samples.set(versionId, sample);
    // A sample that failed, or of a platform that has yet to fill, is read again by the next who asks.
    const forget = () => this.#samples.peek(versionId) === sample && this.#samples.delete(versionId);
    sample.then((tasks) => tasks.length < averageSampleSize && forget(), forget);
    return sample;
  }
}

async function readSample(
  session: ServingSession,
  model: ServedModel,
  taskKind: TaskKind,
): Promise<SampledTask[]> {
  const tasks: SampledTask[] = [];
  for await (const task of sampleTasks(session, model, taskKind, averageSampleSize)) tasks.push(task);
  return tasks;
}
