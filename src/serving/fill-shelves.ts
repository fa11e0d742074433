import { externalIdFault } from '../catalog/external-id.ts';
import { WarmstartError } from '../common/errors.ts';
import type { ListArguments } from './list-conditions.ts';
import { listItems, makePage, type RecommendationPage } from './recommend.ts';
import { openList, type RecommendationList } from './recommendation-list.ts';
import type { ServingSession } from './serving-session.ts';

export interface ShelvesRequest extends Omit<ListArguments, 'scenario'> {
  /** The clients' ids of 1 to 20 different scenarios. */
  readonly scenarios: readonly string[];
  /** How many items on each shelf, at least 1. */
  readonly first: number;
  /** Whether an item that is on one shelf is left out of the ones after it. */
  readonly distinct: boolean;
}

export interface FilledShelf {
  readonly scenarioId: number;
  readonly page: RecommendationPage;
}

export const maxShelves = 20;

/**
 * The first pages of several scenarios' lists, in the order asked for, made of what is read with the same number of statements
 * however many there are. Throws as `openList` does, naming a scenario that there is not by its place.
 */
export async function fillShelves(
  session: ServingSession,
  { scenarios, first, distinct, ...choice }: ShelvesRequest,
): Promise<FilledShelf[]> {
  checkScenarios(scenarios);
  const lists = await Promise.all(
    scenarios.map((scenario, index) => openShelf(session, { ...choice, scenario }, index)),
  );
  // Each leaves out what those before it show, at most so many.
  const listed = await Promise.all(
    lists.map((list, before) => listItems(session, list, (distinct ? (before + 1) * first : first) + 1)),
  );
  const shown = new Set<number>();
  const shelves: FilledShelf[] = [];
  for (const [index, items] of listed.entries()) {
    const page = await makePage(session, items, first, distinct ? shown : undefined);
    for (const { itemId } of page.recommendations) shown.add(itemId);
    shelves.push({ scenarioId: lists[index]?.scenario?.id as number, page });
  }
  return shelves;
}

async function openShelf(
  session: ServingSession,
  choice: ListArguments,
  index: number,
): Promise<RecommendationList> {
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
    const fault = externalIdFault(scenario);
    if (fault) throw wrong(['scenarios', index], fault);
    if (scenarios.indexOf(scenario) < index)
      throw wrong(['scenarios', index], `expected each scenario once, got ${JSON.stringify(scenario)} again`);
  }
}

function wrong(field: readonly (string | number)[], expected: string): WarmstartError {
  return new WarmstartError('BAD_USER_INPUT', `${field.join('.')}: ${expected}`, { field });
}
