import { WarmstartError } from '../errors.ts';
import type { Entity } from '../features/entity.ts';
import type { Features } from '../features/feature-schema.ts';
import { type Database, sql, type TaskKind } from '../store/database.ts';
import type { ScenarioMoment } from './adapt-to-scenario.ts';
import type { ListMoment } from './candidates.ts';
import type { RecommendationCursor } from './recommendation-cursor.ts';

/** Whose list it is, and of which scenario, by the client's ids. */
export interface ListName {
  readonly userId: string;
  readonly scenarioId: string | null;
}

/** What scores a list. */
export interface ListModel {
  readonly versionId: number;
  /** Whether it is adapted to the user or to the scenario. */
  readonly taskKind: TaskKind;
}

/** What a list is made from, for a first page as of now and for a later one as of its cursor. */
export interface RecommendationList extends ListMoment {
  readonly name: ListName;
  readonly user: Entity;
  readonly scenario: ScenarioMoment | null;
  /** `null` for a list of popular items. */
  readonly model: ListModel | null;
  readonly after: RecommendationCursor | undefined;
}

/** Throws USER_NOT_FOUND, SCENARIO_NOT_FOUND, and INVALID_CURSOR when the list's model version is gone. */
export async function openList(
  database: Database,
  name: ListName,
  after: RecommendationCursor | undefined,
): Promise<RecommendationList> {
  const user = await findUser(database, name.userId);
  const scenario = name.scenarioId === null ? null : await findScenario(database, name.scenarioId);
  const list = {
    name,
    user: { id: name.userId, features: user.features },
    userId: user.id,
    scenarioId: scenario?.id ?? null,
    after,
  };
  if (!after) {
    // A scenario in which something happened is adapted to, and else the user who did something.
    const model =
      modelOf('SCENARIO', scenario?.watermark ? scenario.modelVersionId : null) ??
      modelOf('USER', user.watermark ? user.modelVersionId : null);
    return { ...list, scenario, model, watermark: user.watermark };
  }
  return {
    ...list,
    scenario: scenario && { id: scenario.id, watermark: after.scenarioWatermark },
    model: after.modelVersionId === null ? null : await findModel(database, after.modelVersionId),
    watermark: after.watermark,
  };
}

function modelOf(taskKind: TaskKind, versionId: number | null): ListModel | null {
  return versionId === null ? null : { versionId, taskKind };
}

interface ListedUser {
  readonly id: number;
  readonly features: Features;
  /** The user's latest interaction, 0 for none. */
  readonly watermark: bigint;
  readonly modelVersionId: number | null;
}

async function findUser(database: Database, externalId: string): Promise<ListedUser> {
  const [row] = await database.$queryRaw<ListedUser[]>(sql`
    SELECT id, features, coalesce((SELECT max(id) FROM interactions WHERE user_id = users.id), 0) AS watermark,
      (SELECT model_version_id FROM active_models WHERE task_kind = 'USER') AS "modelVersionId"
    FROM users WHERE external_id = ${externalId}`);
  return row ?? notFound('USER_NOT_FOUND', 'user', externalId);
}

export interface ListedScenario extends ScenarioMoment {
  readonly modelVersionId: number | null;
}

/** As of the latest interaction with any of its items. Throws SCENARIO_NOT_FOUND. */
export async function findScenario(database: Database, externalId: string): Promise<ListedScenario> {
  const [row] = await database.$queryRaw<ListedScenario[]>(sql`
    SELECT id, (SELECT model_version_id FROM active_models WHERE task_kind = 'SCENARIO') AS "modelVersionId",
      coalesce((
        SELECT max((SELECT max(id) FROM interactions WHERE item_id = pool.item_id))
        FROM scenario_items AS pool WHERE scenario_id = scenarios.id
      ), 0) AS watermark
    FROM scenarios WHERE external_id = ${externalId}`);
  return row ?? notFound('SCENARIO_NOT_FOUND', 'scenario', externalId);
}

async function findModel(database: Database, id: number): Promise<ListModel> {
  const version = await database.modelVersion.findUnique({ where: { id }, select: { taskKind: true } });
  if (version) return { versionId: id, taskKind: version.taskKind };
  throw new WarmstartError(
    'INVALID_CURSOR',
    'after: the model version of this list is gone; start again without a cursor',
  );
}

function notFound(code: 'USER_NOT_FOUND' | 'SCENARIO_NOT_FOUND', kind: string, id: string): never {
  throw new WarmstartError(code, `there is no ${kind} with the id ${JSON.stringify(id)}`);
}
