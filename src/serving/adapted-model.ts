import { encodeEntities } from '../features/entity.ts';
import { selectEmbeddings } from '../models/embedding/select-embeddings.ts';
import type { Adaptation, Embeddings, SupportSet } from '../models/recommender.ts';
import type { TaskKind } from '../tasks/training-data.ts';
import type { Recipient } from './recipient.ts';
import type { RecommendationList } from './recommendation-list.ts';
import { readScenarioSupports } from './scenario-support.ts';
import type { ServedModel } from './served-models.ts';
import type { ServingSession } from './serving-session.ts';
import { embedSupport, type Support } from './support.ts';
import { readUserSupport } from './user-support.ts';

/** A model as it scores a list. */
export interface AdaptedModel {
  readonly model: ServedModel;
  readonly adaptation: Adaptation;
  /** The list's recipient, `[1, width]`. */
  readonly user: Embeddings;
}

/** A model adapted to a task, with what it was adapted to. */
export interface AdaptedTask {
  readonly support: Support;
  readonly set: SupportSet;
  readonly adaptation: Adaptation;
}

/** What of a list decides what a model is adapted to. */
export type ListTask = Pick<RecommendationList, 'recipient' | 'scenario' | 'bounds'>;

/**
 * What a model is to be adapted to for a list; `undefined` when that is nothing. Lists of one session that adapt to the
 * same share it, and those of several scenarios that are asked for together are read together.
 */
export function readSupport(
  session: ServingSession,
  model: ServedModel,
  taskKind: TaskKind,
  list: ListTask,
): Promise<Support | undefined> {
  const key = keyOf(model, taskKind, list);
  return session.supports.once(key, () => tasks[taskKind].read(session, model, list));
}

/** `undefined` when there is nothing to adapt to. Lists of one session that adapt to the same share it. */
export async function adaptModel(
  session: ServingSession,
  model: ServedModel,
  taskKind: TaskKind,
  list: RecommendationList,
): Promise<AdaptedModel | undefined> {
  const support = await readSupport(session, model, taskKind, list);
  if (!support) return undefined;
  // The support set is let go of: a session may adapt to many.
  const adaptation = await session.adaptations.once(
    keyOf(model, taskKind, list),
    async () => (await adaptTo(session, model, taskKind, list, support)).adaptation,
  );
  return { model, adaptation, user: await embedRecipient(session, model, list.recipient) };
}

function keyOf({ versionId }: ServedModel, taskKind: TaskKind, list: ListTask): string {
  return `${versionId} ${tasks[taskKind].keyOf(list)}`;
}

/** As `adaptModel`, each time anew, and with the support set. */
export async function adaptTask(
  session: ServingSession,
  model: ServedModel,
  taskKind: TaskKind,
  task: ListTask,
): Promise<AdaptedTask | undefined> {
  const support = await tasks[taskKind].read(session, model, task);
  return support && adaptTo(session, model, taskKind, task, support);
}

/** What is adapted to for a kind of task. */
interface Task {
  /** Tells tasks of one session apart. */
  keyOf(task: ListTask): string;
  read(session: ServingSession, model: ServedModel, task: ListTask): Promise<Support | undefined>;
  /** A row a pair, or one for all. */
  embedUsers(
    session: ServingSession,
    model: ServedModel,
    task: ListTask,
    support: Support,
  ): Promise<Embeddings>;
}

const tasks: Record<TaskKind, Task> = {
  USER: {
    keyOf: ({ recipient, bounds }) => `${recipient.key} ${bounds.newestItemId}`,
    read: ({ platform }, model, { recipient, bounds }) =>
      readUserSupport(platform.database, model, recipient, bounds.newestItemId),
    embedUsers: (session, model, { recipient }) => embedRecipient(session, model, recipient),
  },
  SCENARIO: {
    keyOf: ({ scenario }) => `scenario ${scenario?.id} ${scenario?.watermark}`,
    async read({ platform, scenarioSupports }, model, { scenario }) {
      if (!scenario) return undefined;
      return scenarioSupports.load(model.versionId, scenario, (scenarios) =>
        readScenarioSupports(platform.database, model, scenarios),
      );
    },
    embedUsers: (_session, model, _task, support) => embedUsers(model, support),
  },
};

async function adaptTo(
  session: ServingSession,
  model: ServedModel,
  taskKind: TaskKind,
  task: ListTask,
  support: Support,
): Promise<AdaptedTask> {
  const users = await tasks[taskKind].embedUsers(session, model, task, support);
  const set = await embedSupport(model, support, users);
  return { support, set, adaptation: await model.recommender.adapt(set) };
}

/** The recipient as a model reads them, `[1, width]`, computed once in a session. */
export function embedRecipient(
  { recipientEmbeddings }: ServingSession,
  { versionId, recommender }: ServedModel,
  { key, entity }: Recipient,
): Promise<Embeddings> {
  return recipientEmbeddings.once(`${versionId} ${key}`, () =>
    recommender.embedUsers(encodeEntities(recommender.schema, 'user', [entity])),
  );
}

/** A row for each pair. */
async function embedUsers({ recommender }: ServedModel, { userIds, users }: Support): Promise<Embeddings> {
  const ids = [...new Set(userIds)];
  const rowOf = new Map(ids.map((id, row) => [id, row]));
  // Somebody deleted a moment ago is embedded as one of whom nothing is known.
  const entities = ids.map((id) => users.get(id) ?? { id: '', features: {} });
  const embedded = await recommender.embedUsers(encodeEntities(recommender.schema, 'user', entities));
  return selectEmbeddings(
    embedded,
    userIds.map((id) => rowOf.get(id) as number),
  );
}
