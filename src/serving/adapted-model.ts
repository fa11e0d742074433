import { encodeEntities } from '../features/entity.ts';
import type { Features } from '../features/feature-schema.ts';
import { selectEmbeddings } from '../models/embedding/select-embeddings.ts';
import type { Adaptation, Embeddings, SupportSet } from '../models/recommender.ts';
import type { Database, TaskKind } from '../store/database.ts';
import type { Recipient } from './recipient.ts';
import type { RecommendationList } from './recommendation-list.ts';
import { readScenarioSupport, type ScenarioMoment } from './scenario-support.ts';
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

/** `undefined` when there is nothing to adapt to. Lists of one session that adapt to the same share it. */
export async function adaptModel(
  session: ServingSession,
  model: ServedModel,
  taskKind: TaskKind,
  list: RecommendationList,
): Promise<AdaptedModel | undefined> {
  const key = `${model.versionId} ${keyOf[taskKind](list)}`;
  // The support set is let go of: a session may adapt to many.
  const adaptation = await session.adaptations.once(
    key,
    async () => (await adaptTask(session, model, taskKind, list))?.adaptation,
  );
  return adaptation && { model, adaptation, user: await embedRecipient(session, model, list.recipient) };
}

const keyOf: Record<TaskKind, (task: ListTask) => string> = {
  USER: ({ recipient, bounds }) => `${recipient.key} ${bounds.newestItemId}`,
  SCENARIO: ({ scenario }) => `scenario ${scenario?.id} ${scenario?.watermark}`,
};

/** As `adaptModel`, each time anew, and with the support set. */
export function adaptTask(
  session: ServingSession,
  model: ServedModel,
  taskKind: TaskKind,
  task: ListTask,
): Promise<AdaptedTask | undefined> {
  return adapt[taskKind](session, model, task);
}

type Adapt = (
  session: ServingSession,
  model: ServedModel,
  task: ListTask,
) => Promise<AdaptedTask | undefined>;

const adapt: Record<TaskKind, Adapt> = {
  async USER(session, model, { recipient, bounds }) {
    const support = await readUserSupport(session.platform.database, model, recipient, bounds.newestItemId);
    return support && adaptTo(model, support, await embedRecipient(session, model, recipient));
  },
  SCENARIO: async ({ platform }, model, { scenario }) =>
    scenario ? adaptToScenario(platform.database, model, scenario) : undefined,
};

/** The adaptation to what anybody did with a scenario's items; `undefined` when that is nothing. */
export async function adaptToScenario(
  database: Database,
  model: ServedModel,
  scenario: ScenarioMoment,
): Promise<AdaptedTask | undefined> {
  const support = await readScenarioSupport(database, model, scenario);
  return support && adaptTo(model, support, await embedUsers(database, model, support.userIds));
}

async function adaptTo(model: ServedModel, support: Support, users: Embeddings): Promise<AdaptedTask> {
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

/** A row for each of these users, by internal id. */
async function embedUsers(
  database: Database,
  { recommender }: ServedModel,
  ids: readonly number[],
): Promise<Embeddings> {
  const rows = await database.user.findMany({
    where: { id: { in: [...new Set(ids)] } },
    select: { id: true, externalId: true, features: true },
  });
  const byId = new Map(rows.map(({ id }, row) => [id, row]));
  const entities = rows.map(({ externalId, features }) => ({
    id: externalId,
    features: features as Features,
  }));
  // Somebody deleted a moment ago is embedded as one of whom nothing is known.
  entities.push({ id: '', features: {} });
  const embedded = await recommender.embedUsers(encodeEntities(recommender.schema, 'user', entities));
  return selectEmbeddings(
    embedded,
    ids.map((id) => byId.get(id) ?? rows.length),
  );
}
