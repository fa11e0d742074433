import { afterAll, beforeAll } from '@jest/globals';
import { openEngine } from '../../src/engine/engines.ts';
import type { ContextMapRequest } from '../../src/explanation/context-map.ts';
import type { ExplanationRequest } from '../../src/explanation/explain-recommendation.ts';
import { ExplanationService } from '../../src/explanation/explanation-service.ts';
import type { TaskName } from '../../src/explanation/route-comparison.ts';
import type { WhyNotRequest } from '../../src/explanation/why-not.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import type { ListArguments } from '../../src/serving/list-conditions.ts';
import { recommend } from '../../src/serving/recommend.ts';
import { type Lists, openLists } from '../support/open-lists.ts';
import { type InteractionInput, recordInteraction } from '../support/record-interaction.ts';
import { type SmallDataset, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';

const ratingScale = { minimum: 1, maximum: 5 };

/** A platform with a dataset for the tests of the calling file: the recommendation and the explanation service. */
export function explanationPlatform(dataset: SmallDataset, maxCandidates = 1000) {
  const db = testDatabase();
  const service = new ExplanationService();
  let recommendations: Lists;
  const session = () => recommendations.session();
  beforeAll(async () => {
    await loadDataset(db.pool, smallDataset(dataset), { ratingScale });
    const engine = await openEngine('wasm');
    recommendations = await openLists(db, engine, { candidates: maxCandidates });
  });
  afterAll(() => recommendations.close());

  const idsOf = async (itemIds: readonly number[]) => {
    const rows = await db.database.item.findMany();
    return itemIds.map((itemId) => rows.find(({ id }) => id === itemId)?.externalId as string);
  };
  return {
    get database() {
      return db.database;
    },
    session,
    /** Each call has its own session. */
    explanations: {
      explainRecommendation: async (request: ExplanationRequest) =>
        service.explainRecommendation(await session(), request),
      whyNot: async (request: WhyNotRequest) => service.whyNot(await session(), request),
      compareRoutes: async (tasks: readonly TaskName[]) => service.compareRoutes(await session(), tasks),
      mapContexts: async (request: ContextMapRequest) => service.mapContexts(await session(), request),
    },
    idsOf,
    record: (userId: string, itemId: string, type: InteractionInput['type'] = 'CLICK', value?: number) =>
      recordInteraction(db.pool, ratingScale, { userId, itemId, type, value: value ?? null }),
    /** Scores by external ID, in the order of the list, read page by page. */
    async list(choice: ListArguments): Promise<Map<string, number>> {
      const scores: [number, number][] = [];
      for (let after: string | undefined; ; ) {
        const page = await recommend(await session(), { ...choice, first: 7, after });
        scores.push(...page.recommendations.map(({ itemId, score }) => [itemId, score] as [number, number]));
        after = page.recommendations.at(-1)?.cursor;
        if (!page.hasNextPage) break;
      }
      const ids = await idsOf(scores.map(([itemId]) => itemId));
      return new Map(ids.map((id, index) => [id, scores[index]?.[1] as number]));
    },
  };
}
