import { encodeEntities } from '../features/entity.ts';
import type { Features } from '../features/feature-schema.ts';
import { selectEmbeddings } from '../models/embedding/select-embeddings.ts';
import type { Adaptation, Embeddings } from '../models/recommender.ts';
import type { Database, TaskKind } from '../store/database.ts';
import type { Recipient } from './recipient.ts';
import type { RecommendationList } from './recommendation-list.ts';
import { readScenarioSupport, type ScenarioMoment } from './scenario-support.ts';
import type { ServedModel } from './served-models.ts';
import type { ServingSession } from './serving-session.ts';
import { embedSupport } from './support.ts';
import { readUserSupport } from './user-support.ts';

/** A model as it scores a list. */
export interface AdaptedModel {
  readonly model: ServedModel;
  readonly adaptation: Adaptation;
  /** The list's recipient, `[1, width]`. */
  readonly user: Embeddings;
}

/** `undefined` when there is nothing to adapt to. Lists of one session that adapt to the same share it. */
export async function adaptModel(
  session: ServingSession,
  model: ServedModel,
  taskKind: TaskKind,
  list: RecommendationList,
): Promise<AdaptedModel | undefined> {
  const adaptation = await adapt[taskKind](session, model, list);
  return adaptation && { model, adaptation, user: await embedRecipient(session, model, list.recipient) };
}

type Adapt = (
  session: ServingSession,
  model: ServedModel,
  list: RecommendationList,
) => Promise<Adaptation | undefined>;

const adapt: Record<TaskKind, Adapt> = {
  USER: (session, model, { recipient, bounds: { newestItemId } }) =>
    session.adaptations.once(`${model.versionId} ${recipient.key} ${newestItemId}`, async () => {
      const support = await readUserSupport(session.platform.database, model, recipient, newestItemId);
      if (!support) return undefined;
      const users = await embedRecipient(session, model, recipient);
      return model.recommender.adapt(await embedSupport(model, support, users));
    }),
  SCENARIO: async (session, model, { scenario }) =>
    scenario
      ? session.adaptations.once(`${model.versionId} scenario ${scenario.id} ${scenario.watermark}`, () =>
          adaptToScenario(session.platform.database, model, scenario),
        )
      : undefined,
};

/** The adaptation to what anybody did with a scenario's items; `undefined` when that is nothing. */
export async function adaptToScenario(
  database: Database,
  model: ServedModel,
  scenario: ScenarioMoment,
): Promise<Adaptation | undefined> {
  const support = await readScenarioSupport(database, model, scenario);
  if (!support) return undefined;
  const users = await embedUsers(database, model, support.userIds);
  return model.recommender.adapt(await embedSupport(model, support, users));
}

function embedRecipient(
  { recipientEmbeddings }: ServingSession,
  { versionId, recommender }: ServedModel,
  { key, entity }: Recipient,
): Promise<Embeddings> {
  return recipientEmbeddings.once(`${versionId} ${key}`, () =>
    recommender.embedUsers(encodeEntities(recommender.schema, 'user', [entity])),
  );
}

/** A row for each of these users, by internal id. */
export async function embedUsers(
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
