import { externalIdProblem } from '../catalog/external-id.ts';
import { WarmstartError } from '../common/errors.ts';
import type { ListArguments } from './list-conditions.ts';
import { listItems, makePage, type RecommendationPage } from './recommend.ts';
import { openList, type RecommendationList } from './recommendation-list.ts';
import type { ServingSession } from './serving-session.ts';

export interface ShelvesRequest extends Omit<ListArguments, 'scenario'> {
  /** The external IDs of 1 to 20 different scenarios. */
  readonly scenarios: readonly string[];
  /** The number of items on each shelf, at least 1. */
  readonly first: number;
  /** Whether an item of one shelf is left out of the shelves after it. */
  readonly distinct: boolean;
}

export interface FilledShelf {
  readonly scenarioId: number;
  readonly page: RecommendationPage;
}

export const maxShelves = 20;

/**
 * Returns the first pages of several scenarios' lists, in the order of `scenarios`. The number of SQL statements does
 * not depend on the number of scenarios. Throws like `openList`; the field of SCENARIO_NOT_FOUND has the scenario's
 * index.
 */
export async function fillShelves(
  session: ServingSession,
  { scenarios, first, distinct, ...choice }: ShelvesRequest,
): Promise<FilledShelf[]> {
  checkScenarios(scenarios);
  const lists = await Promise.all(
    scenarios.map((scenario, index) => openShelf(session, { ...choice, scenario }, index)),
  );
  // A shelf leaves out at most as many items as the shelves before it show.
  const listed = await Promise.all(
    lists.map((list, before) => listItems(session, list, (distinct ? (before + 1) * first : first) + 1)),
  );
  const recommended = new Set<number>();
  const shelves: FilledShelf[] = [];
  for (const [index, items] of listed.entries()) {
    const page = await makePage(session, items, first, distinct ? recommended : undefined);
    for (const { itemId } of page.recommendations) recommended.add(itemId);
    shelves.push({ scenarioId: lists[index]?.scenario?.id as number, page });
  }
  return shelves;
}

async function openShelf(session: ServingSession, choice: ListArguments, index: number): Promise<RecommendationList> {
  try {
    return await openList(session, choice);
  } catch (error) {
    if (!(error instanceof WarmstartError) || error.code !== 'SCENARIO_NOT_FOUND') throw error;
    const { code, message } = error;
    const field = ['scenarios', index];
    throw new WarmstartError(code, `${field.join('.')}: ${message}`, { field, cause: error });
  }
}

function checkScenarios(scenarios: readonly string[]): void {
  if (scenarios.length < 1 || scenarios.length > maxShelves)
    throw wrong(['scenarios'], `expected 1 to ${maxShelves} scenarios, got ${scenarios.length}`);
  for (const [index, scenario] of scenarios.entries()) {
    const problem = externalIdProblem(scenario);
    if (problem) throw wrong(['scenarios', index], problem);
    if (scenarios.indexOf(scenario) < index)
      throw wrong(['scenarios', index], `expected each scenario once, got ${JSON.stringify(scenario)} again`);
  }
}

function wrong(field: readonly (string | number)[], expected: string): WarmstartError {
  return new WarmstartError('BAD_USER_INPUT', `${field.join('.')}: ${expected}`, { field });
}
