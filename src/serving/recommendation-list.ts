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
import type { PlatformMoment, ServingSession } from './serving-session.ts';

/** What scores a list. */
export interface ListModel {
  readonly versionId: number;
  /** Whether it is adapted to the recipient or to the scenario. */
  readonly taskKind: TaskKind;
}

/** What a list is made from, for a first page as of now and for a later one as of its cursor. */
export interface RecommendationList {
  readonly name: RecommendationListName;
  readonly recipient: Recipient;
  readonly scenario: ScenarioMoment | null;
  /** `null` for a list of popular items. */
  readonly model: ListModel | null;
  readonly conditions: ListConditions;
  readonly bounds: CandidateBounds;
  /** Popularity counts interactions up to this one. */
  readonly popularityWatermark: bigint;
  /** Where the page before ended. */
  readonly after: RecommendationCursor | undefined;
}

/**
 * Throws BAD_USER_INPUT, USER_NOT_FOUND, ITEM_NOT_FOUND (of a visitor's interactions), SCENARIO_NOT_FOUND, and
 * INVALID_CURSOR when `after` is of another list or its model version is gone.
 */
export async function openList(
  session: ServingSession,
  choice: ListArguments,
  after?: string | null,
): Promise<RecommendationList> {
  const name = nameOf(choice);
  const cursor =
    after == null
      ? undefined
      : recommendationCursors.decode(await session.platform.cursorKey.read(), after, name);
  const [moment, recipient, scenario] = await together([
    session.moment(),
    session.recipient(choice.for, cursor?.watermark),
    choice.scenario == null ? null : session.scenario('scenario', choice.scenario),
  ]);
  const scenarioId = scenario?.id ?? null;
  const conditions = await makeListConditions(session, choice, { scenarioId, recipient });
  if (!cursor) {
    const bounds = { newestItemId: moment.newestItemId, ends: null };
    const model = chooseModel(moment, recipient, scenario);
    const popularityWatermark = moment.watermark;
    return { name, recipient, scenario, model, conditions, bounds, popularityWatermark, after: undefined };
  }
  return {
    name,
    recipient,
    scenario: scenario && { id: scenario.id, watermark: cursor.scenarioWatermark },
    model: cursor.modelVersionId === null ? null : await findModel(session, cursor.modelVersionId),
    conditions,
    bounds: cursor.bounds,
    popularityWatermark: cursor.popularityWatermark,
    after: cursor,
  };
}

/** A scenario in which something happened is adapted to, and else the recipient who did something. */
function chooseModel(
  { activeVersions }: PlatformMoment,
  recipient: Recipient,
  scenario: ScenarioMoment | null,
): ListModel | null {
  const ofScenario = activeVersions.SCENARIO;
  if (scenario?.watermark && ofScenario !== null) return { versionId: ofScenario, taskKind: 'SCENARIO' };
  const ofUser = activeVersions.USER;
  return recipient.firstItemId !== null && ofUser !== null ? { versionId: ofUser, taskKind: 'USER' } : null;
}

async function findModel(session: ServingSession, versionId: number): Promise<ListModel> {
  const taskKind = await session.taskKindOf(versionId);
  if (taskKind) return { versionId, taskKind };
  throw versionGone();
}

/** What several readings give, once all have ended; rejects as the first in order that rejects, not the first in time. */
async function together<T extends readonly unknown[]>(
  readings: {
    readonly [K in keyof T]: T[K] | Promise<T[K]>;
  },
): Promise<T> {
  await Promise.allSettled(readings);
  return (await Promise.all(readings)) as unknown as T;
}
