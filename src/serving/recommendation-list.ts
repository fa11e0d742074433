import type { ListScope } from '../models/recommender.ts';
import type { TaskKind } from '../tasks/training-data.ts';
import type { CandidateBounds } from './candidates.ts';
import { versionGone } from './cursors.ts';
import { type ListArguments, type ListConditions, makeListConditions } from './list-conditions.ts';
import type { Recipient } from './recipient.ts';
import {
  nameOf,
  type RecommendationCursor,
  type RecommendationListName,
  recommendationCursors,
} from './recommendation-cursor.ts';
import type { ScenarioMoment } from './scenario-support.ts';
import { type ListObjective, notSeen, objectiveOf, type SeenBy, seenBy } from './seen-items.ts';
import type { PlatformMoment, ServingSession } from './serving-session.ts';

/** The model that scores a list. */
export interface ListModel {
  readonly versionId: number;
  /** Whether the model adapts to the recipient or to the scenario. */
  readonly taskKind: TaskKind;
}

/** The model that adapts to the recipient in a list that a scenario model makes. */
export interface PersonalModel extends ListModel {
  readonly taskKind: 'USER';
  /** What its scores are multiplied by, see `scoreList`. `undefined` for a list that begins. */
  readonly scale: number | undefined;
}

/** Everything that determines a list: for a first page as of now, for a later page as of its cursor. */
export interface RecommendationList {
  readonly name: RecommendationListName;
  readonly recipient: Recipient;
  readonly scenario: ScenarioMoment | null;
  /** `null` for a list of popular items. */
  readonly model: ListModel | null;
  /** `null` if the list's model is not a scenario model, or if only that model orders the list. */
  readonly personal: PersonalModel | null;
  readonly conditions: ListConditions;
  /** The types of the recipient's interactions that hide an item; `conditions` contains them. */
  readonly seenBy: SeenBy;
  /** The same for the list of popular items that takes the place of this one if the model cannot adapt. */
  readonly seenByIfPopular: SeenBy;
  readonly bounds: CandidateBounds;
  /** Popularity counts interactions up to this ID. */
  readonly popularityWatermark: bigint;
  /** The end of the previous page. */
  readonly after: RecommendationCursor | undefined;
}

/**
 * Opens a list. Throws BAD_USER_INPUT, USER_NOT_FOUND, ITEM_NOT_FOUND (for a visitor's interactions),
 * SCENARIO_NOT_FOUND, and INVALID_CURSOR if `after` belongs to another list or its model version has been removed.
 */
export async function openList(
  session: ServingSession,
  choice: ListArguments,
  after?: string | null,
): Promise<RecommendationList> {
  const name = nameOf(choice);
  const cursor =
    after == null ? undefined : recommendationCursors.decode(await session.platform.cursorKey.read(), after, name);
  const [moment, recipient, scenario] = await together([
    session.moment(),
    session.recipient(choice.for, cursor?.watermark),
    choice.scenario == null ? null : session.scenario('scenario', choice.scenario),
  ]);
  const scenarioId = scenario?.id ?? null;
  const conditions = await makeListConditions(session, choice, scenarioId);
  if (!cursor) {
    const model = chooseModel(moment, recipient, scenario);
    const personal = model?.taskKind === 'SCENARIO' ? await choosePersonal(session, moment, recipient) : null;
    const seenIn = (objective: ListObjective) => seenBy(session.platform.seenByDefault, choice, objective);
    const list = {
      name,
      recipient,
      scenario,
      model,
      personal,
      conditions,
      bounds: { newestItemId: moment.newestItemId, ends: null },
      popularityWatermark: moment.watermark,
      seenByIfPopular: seenIn('ranking'),
      after: undefined,
    };
    return hiding(list, seenIn(await objectiveOf(session.platform.models, model?.versionId ?? null)));
  }
  const list = {
    name,
    recipient,
    scenario: scenario && { id: scenario.id, watermark: cursor.scenarioWatermark },
    model: cursor.modelVersionId === null ? null : await findModel(session, cursor.modelVersionId),
    personal: cursor.personal && (await findPersonal(session, cursor.personal)),
    conditions,
    seenByIfPopular: cursor.seenBy,
    bounds: cursor.bounds,
    popularityWatermark: cursor.popularityWatermark,
    after: cursor,
  };
  return hiding(list, cursor.seenBy);
}

/** Returns what a list orders, for models that score its items. */
export function scopeOf({ scenario }: Pick<RecommendationList, 'scenario'>): ListScope {
  return scenario ? 'pool' : 'catalog';
}

/** Returns the list of popular items that takes the place of a list that its model does not make. */
export function popularInstead(list: RecommendationList): RecommendationList {
  return hiding({ ...list, model: null, personal: null }, list.seenByIfPopular);
}

function hiding(list: Omit<RecommendationList, 'seenBy'>, seenBy: SeenBy): RecommendationList {
  return { ...list, seenBy, conditions: { ...list.conditions, notSeen: notSeen(list.recipient, seenBy) } };
}

/**
 * Adapts to the scenario if it has interactions, otherwise to the recipient if they have interactions or the model does
 * not need any. Whether the model can adapt to the interactions is known once they are read, see `readSupport`.
 */
function chooseModel(moment: PlatformMoment, recipient: Recipient, scenario: ScenarioMoment | null): ListModel | null {
  const ofScenario = moment.activeVersions.SCENARIO;
  if (scenario?.watermark && ofScenario !== null) return { versionId: ofScenario, taskKind: 'SCENARIO' };
  const ofUser = userVersionFor(moment, recipient);
  return ofUser === null ? null : { versionId: ofUser, taskKind: 'USER' };
}

/** Returns the active user model if it may adapt to the recipient. */
function userVersionFor(
  { activeVersions, servesEverybody }: PlatformMoment,
  { firstItemId }: Recipient,
): number | null {
  return firstItemId === null && !servesEverybody ? null : activeVersions.USER;
}

/**
 * Chooses the active user model for the recipient of a scenario's list, if they have interactions or the model does not
 * need any. A model that predicts ratings does not order lists that were not trained on ratings.
 */
async function choosePersonal(
  { platform }: ServingSession,
  moment: PlatformMoment,
  recipient: Recipient,
): Promise<PersonalModel | null> {
  const versionId = userVersionFor(moment, recipient);
  if (versionId === null) return null;
  if ((await objectiveOf(platform.models, versionId)) === 'ratings') return null;
  return { versionId, taskKind: 'USER', scale: undefined };
}

async function findPersonal(
  session: ServingSession,
  { modelVersionId, scale }: NonNullable<RecommendationCursor['personal']>,
): Promise<PersonalModel> {
  const { versionId } = await findModel(session, modelVersionId);
  return { versionId, taskKind: 'USER', scale };
}

async function findModel(session: ServingSession, versionId: number): Promise<ListModel> {
  const taskKind = await session.taskKindOf(versionId);
  if (taskKind) return { versionId, taskKind };
  throw versionGone();
}

/** Waits for all promises. Rejects with the first rejection in order, not in time, so that errors are deterministic. */
async function together<T extends readonly unknown[]>(
  promises: {
    readonly [K in keyof T]: T[K] | Promise<T[K]>;
  },
): Promise<T> {
  await Promise.allSettled(promises);
  return (await Promise.all(promises)) as unknown as T;
}
