import { project } from '../explanation/projection.ts';
import { selectEmbeddings } from '../models/recommender.ts';
import { randomSource } from '../tasks/random.ts';
import { type ScenarioModelRequest, useScenarioModel } from './scenario-model.ts';

/** What figure 3 shows: contexts of support sets of several scenarios, as points of a plane. */
export interface TaskContexts {
  readonly points: readonly ContextPoint[];
  /** The share of the variance that each axis shows. */
  readonly explainedVariance: readonly [number, number];
  /** The share of the contexts whose nearest other context, of all dimensions, is of the same scenario. */
  readonly nearestOfSame: number;
  /** What that share would be for contexts without a relation to their scenario. */
  readonly nearestByChance: number;
}

export interface ContextPoint {
  readonly scenario: string;
  readonly x: number;
  readonly y: number;
}

/** Support sets that are drawn of each scenario. */
const samples = 30;

/** Trains a CMML model, and returns the contexts that it computes for support sets of test scenarios (figure 3). */
export function readTaskContexts(request: ScenarioModelRequest): Promise<TaskContexts> {
  return useScenarioModel(request, async ({ recommender, users, items, scenarios, adapt }) => {
    const random = randomSource(1);
    const owners: string[] = [];
    const contexts: number[][] = [];
    for (const scenario of scenarios) {
      const user = selectEmbeddings(users, [scenario.users[0] as number]);
      const item = selectEmbeddings(items, [scenario.task.items[0] as number]);
      for (let sample = 0; sample < samples; sample++) {
        const { context } = await recommender.explain(await adapt(scenario, random), user, item);
        if (!context) throw new Error(`expected a model with contexts, got one of kind ${recommender.kind}`);
        contexts.push(Array.from(context.data));
        owners.push(scenario.id);
      }
    }
    const { points, explainedVariance } = project('PCA', contexts);
    return {
      points: points.map(([x, y], index) => ({ scenario: owners[index] as string, x, y })),
      explainedVariance: explainedVariance as readonly [number, number],
      nearestOfSame: nearestOfSame(contexts, owners),
      nearestByChance: (samples - 1) / (contexts.length - 1),
    };
  });
}

/** Returns the share of the rows whose nearest other row, by Euclidean distance, has the same owner. */
export function nearestOfSame(rows: readonly (readonly number[])[], owners: readonly string[]): number {
  const same = rows.filter((row, index) => owners[nearest(rows, row, index)] === owners[index]);
  return same.length / rows.length;
}

function nearest(rows: readonly (readonly number[])[], row: readonly number[], own: number): number {
  let [best, smallest] = [-1, Infinity];
  for (const [index, other] of rows.entries()) {
    if (index === own) continue;
    const distance = row.reduce((sum, value, column) => sum + (value - (other[column] as number)) ** 2, 0);
    if (distance < smallest) [best, smallest] = [index, distance];
  }
  return best;
}
