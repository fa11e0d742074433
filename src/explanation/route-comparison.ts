import { checkExternalId } from '../catalog/external-id.ts';
import { WarmstartError } from '../common/errors.ts';
import type { HostTensors } from '../engine/engine.ts';
import { adaptModel } from '../serving/adapted-model.ts';
import { openList, type RecommendationList } from '../serving/recommendation-list.ts';
import { scoreList } from '../serving/score-list.ts';
import type { ServedModel } from '../serving/served-models.ts';
import type { ServingSession } from '../serving/serving-session.ts';
import type { TaskKind } from '../tasks/training-data.ts';
import { nothingToExplain } from './explained-item.ts';
import { cmmlConfigOf } from './modulation-explanation.ts';
import { rankCandidates } from './rank-candidates.ts';
import { meanRoute, type RouteLayer, type RoutePath, routeDistance, strongestPath } from './routes.ts';

/** A task by the external ID of its user or its scenario. */
export interface TaskName {
  readonly user?: string | null | undefined;
  readonly scenario?: string | null | undefined;
}

/** The user or the scenario of a task, by internal ID. */
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
  /** `distances[a][b]` is the `routeDistance` of two tasks. */
  readonly distances: readonly (readonly number[])[];
}

export const maxTasks = 20;
/** A task's route is the mean over this many of its candidates with the best scores. */
const itemsPerTask = 100;

/**
 * Returns the routes of tasks through the active model of their kind, in the given order (CMML, figure 4). The items of
 * a user's task are from a list of all items, those of a scenario's task from the scenario's list for a visitor without
 * history.
 *
 * Throws BAD_USER_INPUT, USER_NOT_FOUND, SCENARIO_NOT_FOUND, and NOTHING_TO_EXPLAIN if the model has no routes.
 */
export async function compareRoutes(session: ServingSession, names: readonly TaskName[]): Promise<RouteComparison> {
  const taskKind = checkTasks(names);
  const lists = await Promise.all(names.map((name) => openTask[taskKind](session, name)));
  const versionId = (await session.moment()).activeVersions[taskKind];
  if (versionId === null) throw nothingToExplain(`there is no active model for ${nameOf[taskKind]} tasks`);
  return session.platform.models.use(versionId, async (model) => {
    checkRoutes(model, taskKind);
    const routes: TaskRoute[] = [];
    for (const [index, list] of lists.entries()) {
      session.check();
      const explained = await explainBest(session, model, taskKind, list, index);
      const layers = meanRoute(explained);
      const ownerId = ownerOf[taskKind](list) as number;
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
  if (names.length < 1 || names.length > maxTasks) throw refuse(`1 to ${maxTasks}, got ${names.length}`);
  const scenarios = names.filter(({ scenario }) => scenario != null);
  if (scenarios.length > 0 && scenarios.length < names.length)
    throw refuse('only users or only scenarios, got both; each kind of task has its own model');
  for (const [index, { user, scenario }] of names.entries())
    checkExternalId(`tasks.${index}`, (user ?? scenario) as string);
  return scenarios.length > 0 ? 'SCENARIO' : 'USER';
}

type OpenTask = (session: ServingSession, name: TaskName) => Promise<RecommendationList>;

const openTask: Record<TaskKind, OpenTask> = {
  USER: (session, { user }) => openList(session, { for: { user: user as string } }),
  // A visitor without history has seen nothing, so no item of the scenario is left out.
  SCENARIO: (session, { scenario }) => openList(session, { for: { visitor: {} }, scenario }),
};

const ownerOf: Record<TaskKind, (list: RecommendationList) => number | null | undefined> = {
  USER: ({ recipient }) => recipient.userId,
  SCENARIO: ({ scenario }) => scenario?.id,
};

function checkRoutes({ recommender, versionId }: ServedModel, taskKind: TaskKind): void {
  const config = cmmlConfigOf(recommender);
  if (config?.modulation === 'softModules') return;
  const what = config ? `the modulation ${config.modulation}` : `the kind ${recommender.kind}`;
  throw nothingToExplain(
    `expected an active model with modulation softModules for ${nameOf[taskKind]} tasks, got version ${versionId} with ${what}, which has no routes`,
  );
}

/** Explains what the model does with the best candidates of a task. */
async function explainBest(
  session: ServingSession,
  model: ServedModel,
  taskKind: TaskKind,
  list: RecommendationList,
  index: number,
): Promise<HostTensors> {
  const scored = await scoreList(session, { ...list, model: { versionId: model.versionId, taskKind } });
  const adapted = await adaptModel(session, model, taskKind, list);
  if (!scored || !adapted)
    throw nothingToExplain(`tasks.${index}: this task has no interactions to adapt the model to`);
  const ranked = rankCandidates(session.platform.catalog.items, scored);
  if (ranked.length === 0) throw nothingToExplain(`tasks.${index}: there are no items to recommend for this task`);
  const best = ranked.slice(0, itemsPerTask);
  const items = await model.embeddings.embed(best.map(({ row }) => row));
  return model.recommender.explain(adapted.adaptation, adapted.user, items);
}
