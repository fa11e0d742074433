import { setImmediate } from 'node:timers/promises';
import type { HostTensors } from '../engine/engine.ts';
import type { Embeddings } from '../models/recommender.ts';
import { adaptTask, embedRecipient } from '../serving/adapted-model.ts';
import { findCandidates } from '../serving/candidates.ts';
import type { ListArguments } from '../serving/list-conditions.ts';
import { type ListModel, openList, type RecommendationList } from '../serving/recommendation-list.ts';
import type { ServedModel } from '../serving/served-models.ts';
import type { ServingSession } from '../serving/serving-session.ts';
import { findExplainedItem, nothingToExplain, scoreItem } from './explained-item.ts';
import { influencesOn, type SupportInfluence } from './influences.ts';
import {
  cmmlConfigOf,
  explainModulation,
  type ModulationExplanation,
  type ReadSample,
  ridgePartOf,
} from './modulation-explanation.ts';
import type { AverageTasks } from './sample-tasks.ts';

export interface ExplanationRequest extends Pick<ListArguments, 'for' | 'scenario'> {
  /** The client's id. */
  readonly item: string;
}

export interface RecommendationExplanation {
  readonly itemId: number;
  readonly score: number;
  readonly modelVersionId: number;
  readonly stage: CandidateStage;
  /** `null` for models that have none. */
  readonly modulation: ModulationExplanation | null;
  readonly ridgePart: number | null;
  readonly supportSize: number;
  /** All of them, those first that do most, computed when first asked for. */
  readonly influences: () => Promise<readonly SupportInfluence[]>;
}

/**
 * Why an item has the score it has for somebody now. Throws as `openList` does, and ITEM_NOT_FOUND, and NOTHING_TO_EXPLAIN
 * where no model scores.
 */
export async function explainRecommendation(
  session: ServingSession,
  averages: AverageTasks,
  request: ExplanationRequest,
): Promise<RecommendationExplanation> {
  const { database, models } = session.platform;
  const list = await openList(session, { for: request.for, scenario: request.scenario });
  const { id, revision } = await findExplainedItem(database, request.item);
  const { model: listModel } = list;
  if (!listModel) throw noModel();
  return models.use(listModel.versionId, async (model) => {
    const task = await adaptTask(session, model, listModel.taskKind, list);
    if (!task) throw noModel();
    const user = await embedRecipient(session, model, list.recipient);
    const item = await model.embeddings.embed({ ids: [id], revisions: [revision] });
    const explained = await model.recommender.explain(task.adaptation, user, item);
    const score = await scoreItem(model, task.adaptation, user, item);
    const config = cmmlConfigOf(model.recommender);
    const readSample = sampleReader(session, averages, listModel, user, item);
    return {
      itemId: id,
      score,
      modelVersionId: model.versionId,
      stage: await candidateStage(session, list, id),
      modulation: config ? explainModulation(config, explained, readSample) : null,
      ridgePart: config ? ridgePartOf(config, explained) : null,
      supportSize: task.support.known,
      influences: once(() =>
        models.use(model.versionId, (loaded) => influencesOn(loaded, task, user, item, score)),
      ),
    };
  });
}

function noModel() {
  return nothingToExplain(
    'no model scores items for them: none is active, or there is nothing to adapt it to; their list is one of popular items, which whyNot explains',
  );
}

/** What the model does with the item in a sample of its tasks: for users each of them, in scenarios the same user. */
function sampleReader(
  session: ServingSession,
  averages: AverageTasks,
  { versionId, taskKind }: ListModel,
  user: Embeddings,
  item: Embeddings,
): ReadSample {
  return once(() =>
    session.platform.models.use(versionId, async (model: ServedModel) => {
      const explanations: HostTensors[] = [];
      for (const other of await averages.of(session, model, taskKind)) {
        const whose = taskKind === 'USER' ? other.user : user;
        explanations.push(await model.recommender.explain(other.adaptation, whose, item));
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

/** How an item came to be scored; `NOT_RETRIEVED` when it did not. */
export type CandidateStage = 'SCENARIO' | 'POPULAR' | 'FRESH' | 'NOT_RETRIEVED';

/**
 * The stage of `findCandidates` that gives the item. One that nobody has met is fresh even where there is room for it among
 * the most popular, as the reasons of a list have it.
 */
export async function candidateStage(
  { platform }: ServingSession,
  { bounds, conditions, scenario }: RecommendationList,
  itemId: number,
): Promise<CandidateStage> {
  const search = { bounds, limit: platform.maxCandidates, laterPage: false };
  const { ids, newest, cold } = await findCandidates(platform.database, conditions, search);
  if (!ids.includes(itemId)) return 'NOT_RETRIEVED';
  if (scenario) return 'SCENARIO';
  return newest.includes(itemId) || cold.includes(itemId) ? 'FRESH' : 'POPULAR';
}
