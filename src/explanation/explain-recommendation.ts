import { setImmediate } from 'node:timers/promises';
import type { HostTensors } from '../engine/engine.ts';
import type { Embeddings } from '../models/recommender.ts';
import type { ListModel } from '../serving/recommendation-list.ts';
import type { ServedModel } from '../serving/served-models.ts';
import { type AdaptedTask, adaptTask, scoreItem } from './adapted-task.ts';
import type { AverageTasks } from './average-tasks.ts';
import { type CandidateStage, candidateStage } from './candidate-stage.ts';
import { type ExplanationTarget, findExplainedItem, openExplainedList } from './explained-list.ts';
import type { ExplanationContext } from './explanation-context.ts';
import { influencesOn, type SupportInfluence } from './influences.ts';
import {
  cmmlConfigOf,
  explainModulation,
  type ModulationExplanation,
  type ReadSample,
  ridgePartOf,
} from './modulation-explanation.ts';
import { nothingToExplain } from './nothing-to-explain.ts';

export interface ExplanationRequest {
  readonly for: ExplanationTarget;
  /** The client's id. */
  readonly scenario?: string | null | undefined;
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
 * Why an item has the score it has for somebody now. Throws BAD_USER_INPUT, USER_NOT_FOUND, SCENARIO_NOT_FOUND,
 * ITEM_NOT_FOUND, and NOTHING_TO_EXPLAIN where no model scores.
 */
export async function explainRecommendation(
  context: ExplanationContext,
  averages: AverageTasks,
  request: ExplanationRequest,
): Promise<RecommendationExplanation> {
  const list = await openExplainedList(context.database, request.for, request.scenario);
  const { id, revision } = await findExplainedItem(context.database, request.item);
  const { model: listModel } = list;
  if (!listModel) throw noModel();
  return context.models.use(listModel.versionId, async (model) => {
    const task = await adaptTask(context, model, listModel.taskKind, list);
    if (!task) throw noModel();
    const item = await model.embeddings.embed({ ids: [id], revisions: [revision] });
    const explained = await model.recommender.explain(task.adaptation, task.user, item);
    const score = await scoreItem(model, task.adaptation, task.user, item);
    const config = cmmlConfigOf(model.recommender);
    const readSample = sampleReader(context, averages, listModel, task, item);
    return {
      itemId: id,
      score,
      modelVersionId: model.versionId,
      stage: await candidateStage(context, list, id),
      modulation: config ? explainModulation(config, explained, readSample) : null,
      ridgePart: config ? ridgePartOf(config, explained) : null,
      supportSize: task.support.known,
      influences: once(() =>
        context.models.use(model.versionId, (loaded) => influencesOn(loaded, task, item, score)),
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
  context: ExplanationContext,
  averages: AverageTasks,
  { versionId, taskKind }: ListModel,
  { user }: Pick<AdaptedTask, 'user'>,
  item: Embeddings,
): ReadSample {
  return once(() =>
    context.models.use(versionId, async (model: ServedModel) => {
      const explanations: HostTensors[] = [];
      for (const other of await averages.of(context, model, taskKind)) {
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
