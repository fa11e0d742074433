import type { LiveScenario } from '../live-catalog/scenario-table.ts';
import type { ListScope } from '../models/recommender.ts';
import { type TaskKind, taskKinds } from '../tasks/training-data.ts';
import type { CandidateEnds } from './candidates.ts';
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
import { type ListObjective, objectiveOf, type SeenBy, seenBy, seenItems } from './seen-items.ts';
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
  /** The types of interactions that hide an item; `conditions` contains the items that they hide. */
  readonly seenBy: SeenBy;
  /** The same for the list of popular items that takes the place of this one if the model cannot adapt. */
  readonly seenByIfPopular: SeenBy;
  readonly newestItemId: number;
  /** The ends of the candidates; `null` if all items are candidates, `undefined` for a list that begins. */
  readonly ends: CandidateEnds | null | undefined;
  /** Popularity counts interactions up to this ID. */
  readonly popularityWatermark: bigint;
  /** The end of the previous page. */
  readonly after: RecommendationCursor | undefined;
}

/**
 * Opens a list. Throws BAD_USER_INPUT, USER_NOT_FOUND, SCENARIO_NOT_FOUND, and INVALID_CURSOR if `after` belongs to
 * another list or its model version has been removed.
 */
export async function openList(
  session: ServingSession,
  choice: ListArguments,
  after?: string | null,
): Promise<RecommendationList> {
  const name = nameOf(choice);
  const cursor =
    after == null ? undefined : recommendationCursors.decode(await session.platform.cursorKey.read(), after, name);
  const moment = await session.moment(choice.scenario == null ? ['USER'] : taskKinds);
  const recipient = await session.recipient(choice.for, cursor?.watermark);
  const scenario = choice.scenario == null ? null : await session.scenario('scenario', choice.scenario);
  const { newestItemId } = cursor ?? moment;
  const pool = scenario?.pool ?? null;
  const conditions = await makeListConditions(session.platform.catalog, choice, { pool, newestItemId });
  const opened = { name, recipient, conditions, newestItemId };
  return cursor
    ? continueList(session, { ...opened, scenario }, cursor)
    : beginList(session, { ...opened, scenario }, moment, choice);
}

type OpenedList = Pick<RecommendationList, 'name' | 'recipient' | 'conditions' | 'newestItemId'> & {
  readonly scenario: LiveScenario | null;
};

async function beginList(
  session: ServingSession,
  opened: OpenedList,
  moment: PlatformMoment,
  choice: ListArguments,
): Promise<RecommendationList> {
  const { platform } = session;
  const { recipient, scenario } = opened;
  const model = chooseModel(session, moment, recipient, scenario);
  const personal = model?.taskKind === 'SCENARIO' ? await choosePersonal(session, moment, recipient) : null;
  await platform.catalog.awaitTypes(choice.seenBy ?? []);
  const settings = { types: platform.catalog.types, byDefault: platform.seenByDefault };
  const seenIn = (objective: ListObjective) => seenBy(settings, choice, objective);
  const list = {
    ...opened,
    model,
    personal,
    ends: undefined,
    popularityWatermark: moment.watermark,
    seenByIfPopular: seenIn('ranking'),
    after: undefined,
  };
  return hiding(session, list, seenIn(await objectiveOf(platform.models, model?.versionId ?? null)));
}

async function continueList(
  session: ServingSession,
  opened: OpenedList,
  cursor: RecommendationCursor,
): Promise<RecommendationList> {
  const list = {
    ...opened,
    scenario: opened.scenario && { ...opened.scenario, watermark: cursor.scenarioWatermark },
    model: cursor.modelVersionId === null ? null : await findModel(session, cursor.modelVersionId),
    personal: cursor.personal && (await findPersonal(session, cursor.personal)),
    ends: cursor.ends,
    popularityWatermark: cursor.popularityWatermark,
    seenByIfPopular: cursor.seenBy,
    after: cursor,
  };
  return hiding(session, list, cursor.seenBy);
}

/** Returns what a list orders, for models that score its items. */
export function scopeOf({ scenario }: Pick<RecommendationList, 'scenario'>): ListScope {
  return scenario ? 'pool' : 'catalog';
}

/** Returns the list of popular items that takes the place of a list that its model does not make. */
export function popularInstead(session: ServingSession, list: RecommendationList): RecommendationList {
  return hiding(session, { ...list, model: null, personal: null }, list.seenByIfPopular);
}

/** Returns the list that the user model makes in place of a scenario model; without one, a list of popular items. */
export async function personalInstead(session: ServingSession, list: RecommendationList): Promise<RecommendationList> {
  const versionId = userVersionFor(await session.moment(['USER']), list.recipient);
  const instead = popularInstead(session, list);
  return versionId === null ? instead : { ...instead, model: { versionId, taskKind: 'USER' } };
}

function hiding(
  { platform }: ServingSession,
  list: Omit<RecommendationList, 'seenBy'>,
  seenBy: SeenBy,
): RecommendationList {
  const seen = seenItems(list.recipient, platform.catalog.types, seenBy);
  return { ...list, seenBy, conditions: { ...list.conditions, seen } };
}

/**
 * Adapts to the scenario if it has interactions, otherwise to the recipient if they have interactions or the model does
 * not need any. Whether the model can adapt to the interactions is known once they are read, see `readSupport`.
 */
function chooseModel(
  { platform }: ServingSession,
  moment: PlatformMoment,
  recipient: Recipient,
  scenario: LiveScenario | null,
): ListModel | null {
  const ofScenario = moment.activeVersions.SCENARIO;
  if (scenario && ofScenario !== null && platform.catalog.scenarios.hasInteractions(scenario))
    return { versionId: ofScenario, taskKind: 'SCENARIO' };
  const ofUser = userVersionFor(moment, recipient);
  return ofUser === null ? null : { versionId: ofUser, taskKind: 'USER' };
}

/** Returns the active user model if it may adapt to the recipient. */
function userVersionFor({ activeVersions, servesEverybody }: PlatformMoment, { history }: Recipient): number | null {
  return history.rows.length === 0 && !servesEverybody ? null : activeVersions.USER;
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

async function findModel({ platform }: ServingSession, versionId: number): Promise<ListModel> {
  const taskKind = await platform.models.taskKindOf(versionId);
  if (taskKind) return { versionId, taskKind };
  throw versionGone();
}
