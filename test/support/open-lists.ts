import type { Engine } from '../../src/engine/engine.ts';
import { LiveCatalog } from '../../src/live-catalog/live-catalog.ts';
import { RecommendationService, type ServingOptions } from '../../src/serving/recommendation-service.ts';
import type { ServingSession } from '../../src/serving/serving-session.ts';
import type { OpenDatabase } from '../../src/store/database.ts';

export interface Lists {
  readonly service: RecommendationService;
  readonly catalog: LiveCatalog;
  /** Opens a session that sees everything that is stored by now. A server would see it within a second. */
  session(): Promise<ServingSession>;
  close(): Promise<void>;
}

/** Opens the service that makes lists of a test's database. */
export async function openLists(
  { database, pool }: Pick<OpenDatabase, 'database' | 'pool'>,
  engine: Engine,
  options: Partial<ServingOptions> = {},
): Promise<Lists> {
  const catalog = await LiveCatalog.open({ connections: pool });
  const service = new RecommendationService({
    ...{ catalog, database, connections: pool, engine },
    ...{ candidates: 1000, ratingScale: { minimum: 1, maximum: 5 } },
    ...options,
  });
  return {
    service,
    catalog,
    async session() {
      await catalog.refresh();
      await service.ready();
      return service.session();
    },
    close: () => service.close(),
  };
}
