import type { Reject } from '../datasets/dataset.ts';
import { openMovieLens, openRatings, openScenarios } from '../datasets/movielens/open-movielens.ts';
import { WarmstartError } from '../errors.ts';
import { parseTrainingOptions } from '../training/training-options.ts';
import type { TrainingRecipe } from '../training/training-recipe.ts';
import type { ComparisonRequest } from './comparison-request.ts';
import {
  type DatasetTables,
  type Ratings,
  readRatings,
  readScenarios,
  readTables,
  type ScenarioItems,
} from './dataset-tables.ts';
import type { Experiment } from './experiment.ts';
import { scenarioExperiment } from './scenario-experiment.ts';
import { userExperiment } from './user-experiment.ts';

/** What a comparison reads. */
export interface ComparisonData {
  readonly tables: DatasetTables;
  readonly testRatings: Ratings | undefined;
  readonly testScenarios: readonly ScenarioItems[] | undefined;
  /** Rows that could not be used. */
  readonly rejected: readonly Reject[];
}

/**
 * Reads the data of a comparison. Throws INVALID_DATA when it cannot be read, and when a test user or test scenario is
 * also one of the folder's.
 */
export async function readComparisonData(request: ComparisonRequest): Promise<ComparisonData> {
  const rejected: Reject[] = [];
  const onReject = (reject: Reject) => rejected.push(reject);
  const tables = await readTables(await openMovieLens(request.data), onReject);
  const { testRatings, testScenarios } = request;
  const ratings =
    testRatings && (await readRatings((await openRatings(testRatings))(onReject), tables, onReject));
  const scenarios =
    testScenarios && (await readScenarios((await openScenarios(testScenarios))(onReject), tables, onReject));
  if (ratings) checkDisjoint('users', testRatings, idsOf(tables, tables.ratings), idsOf(tables, ratings));
  if (scenarios) {
    const ids = (all: readonly ScenarioItems[]) => new Set(all.map(({ id }) => id));
    checkDisjoint('scenarios', testScenarios, ids(tables.scenarios), ids(scenarios));
  }
  return { tables, testRatings: ratings || undefined, testScenarios: scenarios || undefined, rejected };
}

/** The experiment that measures a model: data with the ids that it reads, and episodes as it has them. */
export function openExperiment(
  { taskKind, splitSeed }: ComparisonRequest,
  { tables, testRatings, testScenarios }: ComparisonData,
  { ids, options }: TrainingRecipe,
): Experiment {
  if (taskKind === 'USER') return userExperiment(tables, testRatings, { splitSeed, ids });
  const { episodes } = parseTrainingOptions(options);
  return scenarioExperiment(tables, testScenarios, { splitSeed, ids, episodes });
}

function idsOf({ users }: DatasetTables, ratings: Ratings): Set<string> {
  return new Set([...new Set(ratings.users)].map((row) => (users[row] as { id: string }).id));
}

function checkDisjoint(
  what: string,
  file: string | undefined,
  training: ReadonlySet<string>,
  test: ReadonlySet<string>,
): void {
  const shared = [...test].filter((id) => training.has(id));
  if (shared.length === 0) return;
  throw new WarmstartError(
    'INVALID_DATA',
    `${file}: expected ${what} that are not in the training data, got ${shared.length} that are, such as "${shared[0]}"`,
  );
}
