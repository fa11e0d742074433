import { WarmstartError } from '../common/errors.ts';
import { runInThread } from '../common/run-in-thread.ts';
import type { ServedModel } from '../serving/served-models.ts';
import type { ServingSession } from '../serving/serving-session.ts';
import type { TaskKind } from '../tasks/training-data.ts';
import { nothingToExplain } from './explained-item.ts';
import type { ProjectionRequest } from './project-worker.ts';
import type { Projection, ProjectionMethod } from './projection.ts';
import type { TaskOwner } from './route-comparison.ts';
import { type SampledTask, sampleTasks } from './sample-tasks.ts';

export interface ContextMapRequest {
  readonly taskKind: TaskKind;
  /** The number of tasks, from 3 to 500. */
  readonly sample: number;
  readonly method: ProjectionMethod;
}

export interface ContextPoint extends TaskOwner {
  readonly x: number;
  readonly y: number;
  readonly supportSize: number;
}

export interface ContextMap {
  readonly modelVersionId: number;
  readonly method: ProjectionMethod;
  readonly explainedVariance: readonly number[] | null;
  readonly points: readonly ContextPoint[];
}

export const minSampled = 3;
export const maxSampled = 500;

/**
 * Returns the contexts of a sample of tasks as points of a plane (CMML, figure 3). The active model of this kind of
 * task computes each context from the task's current support set. Throws BAD_USER_INPUT, and NOTHING_TO_EXPLAIN without
 * such a model or with fewer than 3 tasks.
 */
export async function mapContexts(
  session: ServingSession,
  { taskKind, sample, method }: ContextMapRequest,
): Promise<ContextMap> {
  if (sample < minSampled || sample > maxSampled) {
    throw new WarmstartError('BAD_USER_INPUT', `sample: expected ${minSampled} to ${maxSampled}, got ${sample}`, {
      field: ['sample'],
    });
  }
  const versionId = (await session.moment()).activeVersions[taskKind];
  if (versionId === null) throw nothingToExplain(`there is no active model for ${taskKind} tasks`);
  const tasks = await session.platform.models.use(versionId, (model) => readContexts(session, model, taskKind, sample));
  if (tasks.length < minSampled) {
    throw nothingToExplain(`expected at least ${minSampled} tasks with interactions, found ${tasks.length}`);
  }
  const rows = tasks.map((task) => task.context);
  const { points, explainedVariance } = await projectContexts({ method, rows }, session.signal);
  return {
    modelVersionId: versionId,
    method,
    explainedVariance,
    points: tasks.map(({ ownerId, known }, index) => {
      const [x, y] = points[index] as readonly [number, number];
      return { taskKind, ownerId, x, y, supportSize: known };
    }),
  };
}

type TaskContext = Pick<SampledTask, 'ownerId' | 'known'> & { readonly context: number[] };

async function readContexts(
  session: ServingSession,
  model: ServedModel,
  taskKind: TaskKind,
  count: number,
): Promise<TaskContext[]> {
  const { recommender, versionId } = model;
  const contexts: TaskContext[] = [];
  for await (const { ownerId, known, adaptation, user, item } of sampleTasks(session, model, taskKind, count)) {
    const explained = await recommender.explain(adaptation, user, item);
    if (!explained.context) {
      throw nothingToExplain(
        `expected an active model of kind cmml for ${taskKind} tasks, got version ${versionId} of kind ${recommender.kind}, which has no contexts`,
      );
    }
    contexts.push({ ownerId, known, context: Array.from(explained.context.data) });
  }
  return contexts;
}

/**
 * Projects like `project`, in a thread of its own, so that only the thread loads the libraries and does the work.
 * Throws the signal's reason when it aborts, and an Error with the cause when the thread dies.
 */
export function projectContexts(request: ProjectionRequest, signal?: AbortSignal): Promise<Projection> {
  return runInThread(new URL('./project-worker', import.meta.url), request, { work: 'projection', signal });
}
