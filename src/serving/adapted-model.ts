import { encodeEntities } from '../features/encode-features.ts';
import {
  type Adaptation,
  type Embeddings,
  type RetrievalVectors,
  type SupportSet,
  selectEmbeddings,
} from '../models/recommender.ts';
import type { TaskKind } from '../tasks/training-data.ts';
import type { RecommendationList } from './recommendation-list.ts';
import type { ServedModel } from './served-models.ts';
import type { ServingSession } from './serving-session.ts';
import { embedSupport, type Support, supportSize } from './support.ts';
import { userSupport } from './user-support.ts';

/** A model that is ready to score a list. */
export interface AdaptedModel {
  readonly model: ServedModel;
  readonly adaptation: Adaptation;
  /** The embedding of the list's recipient, `[1, width]`. */
  readonly user: Embeddings;
}

/** A model adapted to a task, with the support set of the task. */
export interface AdaptedTask {
  readonly support: Support;
  readonly set: SupportSet;
  readonly adaptation: Adaptation;
}

/** The properties of a list that determine the task. */
export type TaskOfList = Pick<RecommendationList, 'recipient' | 'scenario' | 'newestItemId'>;

/**
 * Reads the support set for a list; `undefined` if there are fewer interactions than the model needs. Lists of one
 * session with the same task share it.
 */
export function readSupport(
  session: ServingSession,
  model: ServedModel,
  taskKind: TaskKind,
  list: TaskOfList,
): Promise<Support | undefined> {
  const key = keyOf(model, taskKind, list);
  return session.supports.once(key, () => readServed(session, model, taskKind, list));
}

/**
 * Adapts a model for a list; `undefined` without a support set. Lists of one session with the same task share the
 * result.
 */
export async function adaptModel(
  session: ServingSession,
  model: ServedModel,
  taskKind: TaskKind,
  list: RecommendationList,
): Promise<AdaptedModel | undefined> {
  const support = await readSupport(session, model, taskKind, list);
  if (!support) return undefined;
  // The adaptation is kept without its support set, because a session can have many tasks.
  const adaptation = await session.adaptations.once(
    keyOf(model, taskKind, list),
    async () => (await adaptTo(model, taskKind, list, support)).adaptation,
  );
  return { model, adaptation, user: await model.users.of(list.recipient.entity) };
}

/**
 * Returns the vector by which a list finds items, see `RetrievalVectors`; `undefined` without a support set. Lists of one
 * session with the same task share it.
 */
export async function listVector(
  session: ServingSession,
  model: ServedModel,
  retrieval: RetrievalVectors,
  list: RecommendationList,
): Promise<Float32Array | undefined> {
  const support = await readSupport(session, model, 'USER', list);
  if (!support) return undefined;
  return session.vectors.once(keyOf(model, 'USER', list), async () => {
    const set = await embedTask(model, 'USER', list, support);
    return retrieval.taskVector(set, set.users);
  });
}

/** Returns the support set that `adaptModel` adapts to; `undefined` without one. */
export async function embedListSupport(
  session: ServingSession,
  model: ServedModel,
  taskKind: TaskKind,
  list: TaskOfList,
): Promise<SupportSet | undefined> {
  const support = await readSupport(session, model, taskKind, list);
  return support && embedTask(model, taskKind, list, support);
}

function keyOf({ versionId }: ServedModel, taskKind: TaskKind, list: TaskOfList): string {
  return `${versionId} ${tasks[taskKind].keyOf(list)}`;
}

/** Adapts a model like `adaptModel`, but without sharing, and returns the support set too. */
export async function adaptTask(
  session: ServingSession,
  model: ServedModel,
  taskKind: TaskKind,
  task: TaskOfList,
): Promise<AdaptedTask | undefined> {
  const support = await readServed(session, model, taskKind, task);
  return support && adaptTo(model, taskKind, task, support);
}

/** Adapts a model like `adaptTask`, but also to a task with fewer interactions than the model makes lists for. */
export async function adaptAnyTask(
  session: ServingSession,
  model: ServedModel,
  taskKind: TaskKind,
  task: TaskOfList,
): Promise<AdaptedTask | undefined> {
  const support = await tasks[taskKind].read(session, model, task);
  return support?.known ? adaptTo(model, taskKind, task, support) : undefined;
}

async function readServed(
  session: ServingSession,
  model: ServedModel,
  taskKind: TaskKind,
  task: TaskOfList,
): Promise<Support | undefined> {
  const support = await tasks[taskKind].read(session, model, task);
  return support && support.known >= tasks[taskKind].minimum(model) ? support : undefined;
}

/** How a kind of task is read and embedded. */
interface Task {
  /** Identifies the task within a session. */
  keyOf(task: TaskOfList): string;
  /** The number of known interactions from which the model makes lists. */
  minimum(model: ServedModel): number;
  read(session: ServingSession, model: ServedModel, task: TaskOfList): Promise<Support | undefined>;
  /** Returns one row for each pair, or one row for all pairs. */
  embedUsers(model: ServedModel, task: TaskOfList, support: Support): Promise<Embeddings>;
}

const tasks: Record<TaskKind, Task> = {
  USER: {
    keyOf: ({ recipient, newestItemId }) => `${recipient.key} ${newestItemId}`,
    // A support set that cannot be larger is large enough.
    minimum: ({ servesFrom, recommender }) => Math.min(servesFrom, supportSize(recommender)),
    read: ({ platform }, model, { recipient, newestItemId }) => userSupport(platform, model, recipient, newestItemId),
    embedUsers: (model, { recipient }) => model.users.of(recipient.entity),
  },
  SCENARIO: {
    keyOf: ({ scenario }) => `scenario ${scenario?.id} ${scenario?.watermark}`,
    minimum: () => 1,
    read: async ({ platform }, model, { scenario }) =>
      scenario ? platform.scenarioSupports.of(model, scenario) : undefined,
    embedUsers: (model, _task, support) => embedUsers(model, support),
  },
};

async function adaptTo(
  model: ServedModel,
  taskKind: TaskKind,
  task: TaskOfList,
  support: Support,
): Promise<AdaptedTask> {
  const set = await embedTask(model, taskKind, task, support);
  return { support, set, adaptation: await model.recommender.adapt(set) };
}

async function embedTask(
  model: ServedModel,
  taskKind: TaskKind,
  task: TaskOfList,
  support: Support,
): Promise<SupportSet> {
  return embedSupport(model, support, await tasks[taskKind].embedUsers(model, task, support));
}

/** Returns one row for each pair. */
async function embedUsers({ recommender }: ServedModel, { userIds, users }: Support): Promise<Embeddings> {
  const ids = [...new Set(userIds)];
  const rowOf = new Map(ids.map((id, row) => [id, row]));
  // A user who has just been deleted is embedded like a user without features.
  const entities = ids.map((id) => users.get(id) ?? { id: '', features: {} });
  const embedded = await recommender.embedUsers(encodeEntities(recommender.schema, 'user', entities));
  return selectEmbeddings(
    embedded,
    userIds.map((id) => rowOf.get(id) as number),
  );
}
