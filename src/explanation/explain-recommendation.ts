import { setImmediate } from 'node:timers/promises';
import type { HostTensors } from '../engine/engine.ts';
import { adaptTask } from '../serving/adapted-model.ts';
import { isPopular } from '../serving/candidates.ts';
import { type ListArguments, markAllowed } from '../serving/list-conditions.ts';
import { type ListModel, openList, type RecommendationList, scopeOf } from '../serving/recommendation-list.ts';
import { candidatesOf, scoreList } from '../serving/score-list.ts';
import type { ServedModel } from '../serving/served-models.ts';
import type { ServingSession } from '../serving/serving-session.ts';
import { findExplainedItem, nothingToExplain, type ScoredPair, scoreItem } from './explained-item.ts';
import { influencesOn, largestFirst, type SupportInfluence } from './influences.ts';
import {
  cmmlConfigOf,
  explainModulation,
  type FittedParts,
  fittedPartsOf,
  type ModulationExplanation,
  type ReadSample,
} from './modulation-explanation.ts';
import { personalPart } from './personal-part.ts';
import type { AverageTasks } from './sample-tasks.ts';

export interface ExplanationRequest extends Pick<ListArguments, 'for' | 'scenario'> {
  /** The external ID of the item. */
  readonly item: string;
}

export interface RecommendationExplanation extends FittedParts {
  readonly itemId: number;
  readonly score: number;
  readonly modelVersionId: number;
  readonly stage: CandidateStage;
  /** `null` for models without modulation. */
  readonly modulation: ModulationExplanation | null;
  /** What the personal model adds to the score; `null` if only one model orders the list. */
  readonly personalPart: number | null;
  readonly supportSize: number;
  /** All influences, the largest first. Computed at the first call. */
  readonly influences: () => Promise<readonly SupportInfluence[]>;
}

/**
 * Explains the current score of an item for a recipient. Throws like `openList`, ITEM_NOT_FOUND, and NOTHING_TO_EXPLAIN
 * if no model scores the list.
 */
export async function explainRecommendation(
  session: ServingSession,
  averages: AverageTasks,
  request: ExplanationRequest,
): Promise<RecommendationExplanation> {
  const { catalog, models } = session.platform;
  const list = await openList(session, { for: request.for, scenario: request.scenario });
  const row = findExplainedItem(session, request.item);
  const { model: listModel } = list;
  if (!listModel) throw noModel();
  // The scale of the personal part depends on the scores of the whole list.
  const scored = list.personal && (await scoreList(session, list));
  const personal = scored ? await personalPart(session, list, scored, row) : null;
  return models.use(listModel.versionId, async (model) => {
    const task = await adaptTask(session, model, listModel.taskKind, list);
    if (!task) throw noModel();
    const user = await model.users.of(list.recipient.entity);
    const item = await model.embeddings.embed([row]);
    const pair = { user, item, scope: scopeOf(list) };
    const explained = await model.recommender.explain(task.adaptation, user, item, pair.scope);
    const score = await scoreItem(model, task.adaptation, pair);
    const config = cmmlConfigOf(model.recommender);
    const readSample = sampleReader(session, averages, listModel, pair);
    return {
      itemId: catalog.items.ids[row] as number,
      score: score + (personal?.score ?? 0),
      modelVersionId: model.versionId,
      stage: await candidateStage(session, list, model, row),
      modulation: config ? explainModulation(config, explained, readSample) : null,
      ...fittedPartsOf(config, explained),
      personalPart: personal?.score ?? null,
      supportSize: task.support.known + (personal?.known ?? 0),
      influences: once(async () =>
        largestFirst([
          ...(await models.use(model.versionId, (loaded) => influencesOn(session, loaded, task, { ...pair, score }))),
          ...((await personal?.influences()) ?? []),
        ]),
      ),
    };
  });
}

function noModel() {
  return nothingToExplain(
    'no model scores this list, because no model is active or there are too few interactions to adapt it to. The list has popular items; use whyNot to explain it',
  );
}

/**
 * Returns a function that explains the item in a sample of the model's tasks: for each sampled user, or for the same
 * user in each sampled scenario.
 */
function sampleReader(
  session: ServingSession,
  averages: AverageTasks,
  { versionId, taskKind }: ListModel,
  { user, item, scope }: ScoredPair,
): ReadSample {
  return once(() =>
    session.platform.models.use(versionId, async (model: ServedModel) => {
      const explanations: HostTensors[] = [];
      for (const other of await averages.of(session, model, taskKind)) {
        const otherUser = taskKind === 'USER' ? other.user : user;
        session.check();
        explanations.push(await model.recommender.explain(other.adaptation, otherUser, item, scope));
        await setImmediate();
      }
      return explanations;
    }),
  );
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => {
    result ??= work();
    return result;
  };
}

/** How an item became a candidate; `NOT_RETRIEVED` if it did not. */
export type CandidateStage = 'SCENARIO' | 'RETRIEVED' | 'POPULAR' | 'FRESH' | 'NOT_RETRIEVED';

/**
 * Returns how the item became a candidate. An item without interactions is fresh even if the most popular items include
 * it, in agreement with the reasons of a list.
 */
async function candidateStage(
  session: ServingSession,
  list: RecommendationList,
  { vectors }: ServedModel,
  row: number,
): Promise<CandidateStage> {
  const { items } = session.platform.catalog;
  if (vectors && !list.scenario && markAllowed(items, list.conditions)[row] === 1)
    return items.interactions[row] === 0 ? 'FRESH' : 'RETRIEVED';
  const { rows, ends } = await candidatesOf(session, list);
  if (!rows.includes(row)) return 'NOT_RETRIEVED';
  if (list.scenario) return 'SCENARIO';
  return items.interactions[row] === 0 || !isPopular(items, ends, row) ? 'FRESH' : 'POPULAR';
}
