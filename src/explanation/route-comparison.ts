import { checkExternalId } from '../catalog/external-id.ts';
import type { HostTensors } from '../engine/engine.ts';
import { WarmstartError } from '../errors.ts';
import { activeVersionId } from '../registry/model-registry.ts';
import { findScenario, openList } from '../serving/recommendation-list.ts';
import type { ServedModel } from '../serving/served-models.ts';
import type { Database, TaskKind } from '../store/database.ts';
import { adaptTask, rankCandidates, type TaskList } from './adapted-task.ts';
import type { ExplanationContext } from './explanation-context.ts';
import { cmmlConfigOf } from './modulation-explanation.ts';
import { nothingToExplain } from './nothing-to-explain.ts';
import { meanRoute, type RouteLayer, routeDistance } from './routes.ts';
import { newcomer } from './sample-tasks.ts';
import { type RoutePath, strongestPath } from './strongest-path.ts';

/** Whose task it is, by the client's id: one of the two. */
export interface TaskName {
  readonly user?: string | null | undefined;
  readonly scenario?: string | null | undefined;
}

/** Whose task it is, by internal id. */
export interface TaskOwner {
  readonly taskKind: TaskKind;
  readonly ownerId: number;
}

export interface TaskRoute extends TaskOwner {
  readonly layers: readonly RouteLayer[];
  readonly strongestPath: RoutePath;
}

export interface RouteComparison {
  readonly modelVersionId: number;
  readonly routes: readonly TaskRoute[];
  /** `distances[a][b]`, see `routeDistance`. */
  readonly distances: readonly (readonly number[])[];
}

const mostTasks = 20;
/** A task's route is the mean over this many of its candidates, the best by score. */
const itemsPerTask = 100;

/**
 * The routes of tasks through the active model of their kind, in the order asked for. A user's items are those of a list of
 * all items, a scenario's those that somebody of whom nothing is known would get.
 *
 * Throws BAD_USER_INPUT, USER_NOT_FOUND, SCENARIO_NOT_FOUND, and NOTHING_TO_EXPLAIN where there are no routes.
 */
export async function compareRoutes(
  context: ExplanationContext,
  names: readonly TaskName[],
): Promise<RouteComparison> {
  const taskKind = checkTasks(names);
  const lists: TaskList[] = [];
  for (const name of names) lists.push(await openTask[taskKind](context.database, name));
  const versionId = await activeVersionId(context.database, taskKind);
  if (versionId === null) throw nothingToExplain(`no model of ${nameOf[taskKind]} tasks is active`);
  return context.models.use(versionId, async (model) => {
    checkRoutes(model, taskKind);
    const routes: TaskRoute[] = [];
    for (const [index, list] of lists.entries()) {
      const explained = await explainBest(context, model, taskKind, list, index);
      const layers = meanRoute(explained);
      const ownerId = taskKind === 'USER' ? list.userId : (list.scenarioId as number);
      routes.push({ taskKind, ownerId, layers, strongestPath: strongestPath(layers) });
    }
    const distances = routes.map((a) => routes.map((b) => routeDistance(a.layers, b.layers)));
    return { modelVersionId: versionId, routes, distances };
  });
}

const nameOf: Record<TaskKind, string> = { USER: 'user', SCENARIO: 'scenario' };

function checkTasks(names: readonly TaskName[]): TaskKind {
  const refuse = (expected: string) =>
    new WarmstartError('BAD_USER_INPUT', `tasks: expected ${expected}`, { field: ['tasks'] });
  if (names.length < 1 || names.length > mostTasks) throw refuse(`1 to ${mostTasks}, got ${names.length}`);
  const scenarios = names.filter(({ scenario }) => scenario != null);
  if (scenarios.length > 0 && scenarios.length < names.length)
    throw refuse('users alone or scenarios alone, got both: each kind has a model of its own');
  for (const [index, { user, scenario }] of names.entries())
    checkExternalId(`tasks.${index}`, (user ?? scenario) as string);
  return scenarios.length > 0 ? 'SCENARIO' : 'USER';
}

type OpenTask = (database: Database, name: TaskName) => Promise<TaskList>;

const openTask: Record<TaskKind, OpenTask> = {
  USER: (database, { user }) => openList(database, { userId: user as string, scenarioId: null }, undefined),
  SCENARIO: async (database, { scenario }) => {
    const { id, watermark } = await findScenario(database, scenario as string);
    // Nobody has seen anything, so that all of the scenario's items are open.
    return { userId: 0, watermark: 0n, user: newcomer, scenarioId: id, scenario: { id, watermark } };
  },
};

function checkRoutes({ recommender, versionId }: ServedModel, taskKind: TaskKind): void {
  const config = cmmlConfigOf(recommender);
  if (config?.modulation === 'softModules') return;
  const what = config ? `the modulation ${config.modulation}` : `the kind ${recommender.kind}`;
  throw nothingToExplain(
    `the active model of ${nameOf[taskKind]} tasks, version ${versionId}, has no routes but ${what}; expected cmml with softModules`,
  );
}

/** What the model does with the best of a task's candidates. */
async function explainBest(
  context: ExplanationContext,
  model: ServedModel,
  taskKind: TaskKind,
  list: TaskList,
  index: number,
): Promise<HostTensors> {
  const task = await adaptTask(context, model, taskKind, list);
  if (!task) throw nothingToExplain(`tasks.${index}: there is nothing to adapt the model to`);
  const ranked = await rankCandidates(context, model, task, list);
  if (ranked.length === 0) throw nothingToExplain(`tasks.${index}: there is no item to recommend`);
  const best = ranked.slice(0, itemsPerTask);
  const items = await model.embeddings.embed({
    ids: best.map(({ itemId }) => itemId),
    revisions: best.map(({ revision }) => revision),
  });
  return model.recommender.explain(task.adaptation, task.user, items);
}
