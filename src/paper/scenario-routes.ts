import { meanRoute, type RouteLayer, routeDistance } from '../explanation/routes.ts';
import { selectEmbeddings } from '../models/recommender.ts';
import { randomSource } from '../tasks/random.ts';
import {
  type ScenarioModel,
  type ScenarioModelRequest,
  type TestScenario,
  useScenarioModel,
} from './scenario-model.ts';

/** What figure 4 shows: the routes of a model with soft modules in several scenarios. */
export interface ScenarioRoutes {
  readonly routes: readonly ScenarioRoute[];
  /** The mean absolute difference of the weights of two scenarios, over all pairs of scenarios. */
  readonly meanDistance: number;
}

export interface ScenarioRoute {
  readonly scenario: string;
  readonly layers: readonly RouteLayer[];
}

/** The paper shows two tasks. More of them show whether neighbors differ too. */
const maxRoutes = 4;
/** A route depends on the user and the item. It is the mean over these users and all items of the scenario. */
const maxUsers = 10;

/** Trains CMML with soft modules, and returns its routes in test scenarios (figure 4). */
export function readScenarioRoutes(request: ScenarioModelRequest): Promise<ScenarioRoutes> {
  return useScenarioModel(request, async (model) => {
    const routes: ScenarioRoute[] = [];
    for (const scenario of model.scenarios.slice(0, maxRoutes)) {
      routes.push({ scenario: scenario.id, layers: await routeOf(model, scenario) });
    }
    const pairs = routes.flatMap((one, index) => routes.slice(index + 1).map((other) => [one, other] as const));
    const distances = pairs.map(([one, other]) => routeDistance(one.layers, other.layers));
    return { routes, meanDistance: distances.reduce((sum, distance) => sum + distance, 0) / Math.max(pairs.length, 1) };
  });
}

async function routeOf(
  { recommender, users, items, adapt }: ScenarioModel,
  scenario: TestScenario,
): Promise<RouteLayer[]> {
  const adaptation = await adapt(scenario, randomSource(1));
  const candidates = selectEmbeddings(items, scenario.task.candidates as Int32Array);
  const routes: RouteLayer[][] = [];
  for (const user of scenario.users.slice(0, maxUsers)) {
    routes.push(meanRoute(await recommender.explain(adaptation, selectEmbeddings(users, [user]), candidates)));
  }
  return meanOf(routes);
}

/** Returns the mean of routes with the same layers. */
export function meanOf(routes: readonly (readonly RouteLayer[])[]): RouteLayer[] {
  const weight = (layer: number, module: number, target: number) =>
    routes.reduce((sum, route) => sum + (route[layer]?.weights[module]?.[target] as number), 0) / routes.length;
  return (routes[0] ?? []).map(({ weights }, layer) => ({
    weights: weights.map((row, module) => row.map((_, target) => weight(layer, module, target))),
  }));
}
