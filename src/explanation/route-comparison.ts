import { checkExternalId } from '../catalog/external-id.ts';
import { WarmstartError } from '../common/errors.ts';
import type { HostTensors } from '../engine/engine.ts';
import { adaptModel } from '../serving/adapted-model.ts';
import { openList, type RecommendationList } from '../serving/recommendation-list.ts';
import type { ServedModel } from '../serving/served-models.ts';
import type { ServingSession } from '../serving/serving-session.ts';
import type { TaskKind } from '../tasks/training-data.ts';
import { nothingToExplain } from './explained-item.ts';
import { cmmlConfigOf } from './modulation-explanation.ts';
import { rankCandidates } from './rank-candidates.ts';
import { meanRoute, type RouteLayer, type RoutePath, routeDistance, strongestPath } from './routes.ts';

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

export const maxTasks = 20;
/** A task's route is the mean over this many of its candidates, the best by score. */
const itemsPerTask = 100;

/**
 * The routes of tasks through the active model of their kind, in the order asked for. A user's items are those of a list of
 * all items, a scenario's those that somebody of whom nothing is known would get.
 *
 * Throws BAD_USER_INPUT, USER_NOT_FOUND, SCENARIO_NOT_FOUND, and NOTHING_TO_EXPLAIN where there are no routes.
 */
export async function compareRoutes(
  session: ServingSession,
  names: readonly TaskName[],
): Promise<RouteComparison> {
  const taskKind = checkTasks(names);
  const lists = await Promise.all(names.map((name) => openTask[taskKind](session, name)));
  const versionId = (await session.moment()).activeVersions[taskKind];
  if (versionId === null) throw nothingToExplain(`no model of ${nameOf[taskKind]} tasks is active`);
  return session.platform.models.use(versionId, async (model) => {
    checkRoutes(model, taskKind);
    const routes: TaskRoute[] = [];
    for (const [index, list] of lists.entries()) {
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
    throw refuse('users alone or scenarios alone, got both: each kind has a model of its own');
  for (const [index, { user, scenario }] of names.entries())
    checkExternalId(`tasks.${index}`, (user ?? scenario) as string);
  return scenarios.length > 0 ? 'SCENARIO' : 'USER';
}

type OpenTask = (session: ServingSession, name: TaskName) => Promise<RecommendationList>;

const openTask: Record<TaskKind, OpenTask> = {
  USER: (session, { user }) => openList(session, { for: { user: user as string } }),
  // A visitor of whom nothing is known has seen nothing, so that all of the scenario's items are open.
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
    `the active model of ${nameOf[taskKind]} tasks, version ${versionId}, has no routes but ${what}; expected cmml with softModules`,
  );
}

/** What the model does with the best of a task's candidates. */
async function explainBest(
  session: ServingSession,
  model: ServedModel,
  taskKind: TaskKind,
  list: RecommendationList,
  index: number,
): Promise<HostTensors> {
  const ranked = await rankCandidates(session, list, { versionId: model.versionId, taskKind });
  const adapted = await adaptModel(session, model, taskKind, list);
  if (!ranked || !adapted) throw nothingToExplain(`tasks.${index}: there is nothing to adapt the model to`);
  if (ranked.length === 0) throw nothingToExplain(`tasks.${index}: there is no item to recommend`);
  const best = ranked.slice(0, itemsPerTask);
  const items = await model.embeddings.embed({
    ids: best.map(({ itemId }) => itemId),
    revisions: best.map(({ revision }) => revision),
  });
  return model.recommender.explain(adapted.adaptation, adapted.user, items);
}
