import { openMovieLens } from '../src/datasets/mapping/open-movielens.ts';
import { openEngine } from '../src/engine/engines.ts';
import { evaluateRanking } from '../src/evaluation/evaluate-ranking.ts';
import { encodeEntities } from '../src/features/encode-features.ts';
import { type DatasetTables, RejectedRowsByFile, readTables } from '../src/model-benchmark/dataset-tables.ts';
import { scenarioSplit } from '../src/model-benchmark/scenario-experiment.ts';
import { userTasks } from '../src/model-benchmark/user-tasks.ts';
import type { Recommender } from '../src/models/recommender.ts';
import { loadRecommender } from '../src/models/recommenders.ts';
import { encodeKnown } from '../src/tasks/encode-known.ts';
import { randomSource, shuffle } from '../src/tasks/random.ts';
import { selectPairs } from '../src/tasks/select-pairs.ts';
import { type Interactions, type Task, type TrainingData, userOf } from '../src/tasks/training-data.ts';
import { recipeFor } from '../src/training/recipe-for.ts';
import { train } from '../src/training/train.ts';
import type { ParsedRecipe } from '../src/training/training-recipe.ts';
import { movieLensDirectory } from './support/movielens-tasks.ts';
import { type Person, withPerson } from './support/with-person.ts';

const shownCounts = [0, 1, 3, 10, 20, 'all'] as const;
const seed = 1;

/**
 * Measures Recall@20 of lists in the test scenarios of the scenario benchmark: by the scenario model alone, by the user
 * model alone, and by their sum as in serving. Users are known to the scenario model by their factors, or are new to
 * it. The user model adapts to none, some or all of their interactions outside the test scenarios. Every rating counts.
 */
export async function benchScenarioLists(): Promise<object> {
  const tables = await readTables(await openMovieLens(movieLensDirectory), new RejectedRowsByFile().counter());
  const { known, tasks, tests } = scenarioSplit(tables, undefined, seed);
  const scenarioData: TrainingData = {
    taskKind: 'SCENARIO',
    ...encodeKnown(tables, { known, ids: ['user', 'item'] }),
    tasks,
    interactions: known,
  };
  const histories = knownHistories(tables, known);
  const userData: TrainingData = {
    taskKind: 'USER',
    ...encodeKnown(tables, { known, ids: ['item'] }),
    tasks: histories,
    positiveFrom: 0,
  };
  const recipe = recipeFor('SCENARIO', {});
  const scenarioModel = await trained(recipe, scenarioData);
  const userModel = await trained(recipeFor('USER', {}), userData);
  const strangers = tables.users.map(({ features }) => ({ id: '', features }));
  const newUsers = encodeEntities(scenarioData.schema, 'user', strangers);
  const personOf = new Map(histories.map((task) => [task.users[0] as number, shuffled(task)]));
  const recall = async (person: Person, asNew: boolean) => {
    const model = await withPerson(scenarioModel, userModel, person, {
      userData,
      newUsers: asNew ? newUsers : undefined,
    });
    const options = { seed, episodes: recipe.options.episodes };
    return Number((await evaluateRanking(model, scenarioData, tests.flat(), options)).recall20.toFixed(4));
  };
  // What the scenario model does alone does not depend on the history.
  const stranger: Person = { historyOf: () => undefined, parts: 'scenario' };
  const alone = { known: await recall(stranger, false), new: await recall(stranger, true) };
  const rows: Record<string, Record<string, number>> = {};
  for (const shown of shownCounts) {
    const person = (parts: Person['parts']): Person => ({
      historyOf: (user) => first(personOf.get(user), shown),
      parts,
    });
    rows[`${shown}`] = {
      'user model': await recall(person('own'), false),
      'scenario model, known user': alone.known,
      'both, known user': await recall(person('both'), false),
      'scenario model, new user': alone.new,
      'both, new user': await recall(person('both'), true),
    };
    process.stdout.write(`${shown} shown: ${JSON.stringify(rows[`${shown}`])}\n`);
  }
  return { metric: 'recall20', tests: tests.length, rows };
}

/** Returns the histories without the interactions that the test scenarios hold out. */
function knownHistories({ interactions }: DatasetTables, { unknown }: Interactions): Task[] {
  const isHeldOut = (user: number, item: number) => unknown?.users[user] === 1 && unknown.items[item] === 1;
  return userTasks(interactions, { feedback: 'typed' })
    .map((task) => {
      const { users, items } = task;
      const kept = [...items.keys()].filter((pair) => !isHeldOut(users[0] as number, items[pair] as number));
      return selectPairs(task, kept);
    })
    .filter(({ items }) => items.length > 0);
}

async function trained(recipe: ParsedRecipe, data: TrainingData): Promise<Recommender> {
  const engine = await openEngine('onnx');
  const { artifact } = await train({ recipe, data, engine });
  return loadRecommender(artifact, engine);
}

/** Returns the interactions of a task in random order. */
function shuffled(task: Task): Task {
  const order = Int32Array.from(task.items.keys());
  shuffle(order, randomSource(userOf(task, 0)));
  return selectPairs(task, order);
}

function first(task: Task | undefined, shown: number | 'all'): Task | undefined {
  if (!task || shown === 'all') return task;
  return selectPairs(task, [...task.items.keys()].slice(0, shown));
}
