import { createApiKey } from '../../src/access/api-keys.ts';
import { startEngine } from '../../src/cli/start-engine.ts';
import { readConfig } from '../../src/config.ts';
import { trainModel } from '../../src/pipeline/train-model.ts';
import { promoteByPerson } from '../../src/registry/promotion.ts';
import { ensureDatabase } from '../../src/store/ensure-database.ts';
import { migrate } from '../../src/store/migrate.ts';
import { migrateQueue } from '../../src/store/migrate-queue.ts';
import { recipeFor } from '../../src/training/recipe-for.ts';
import { type Catalog, readCatalog, type SyntheticSize, storeSynthetic } from '../serving/data.ts';
import type { ConnectedDatabase, Platform } from './platform.ts';

/** What the platform has stored, and how to ask for it. */
export interface StoredData {
  readonly catalog: Catalog;
  /** The secret of an admin key. */
  readonly key: string;
}

const size: SyntheticSize = { users: 2000, items: 1000, interactionsPerUser: 20 };

/** Creates the database of a platform, with synthetic data. Nothing runs afterwards. */
export async function storeData(platform: Platform): Promise<StoredData> {
  const joined = await platform.join();
  try {
    await ensureDatabase(joined.url);
    await migrate(joined.url);
    await migrateQueue(joined.url);
    await storeSynthetic(joined.pool, size);
    const { secret: key } = await createApiKey(joined.database, { name: 'chaos', role: 'ADMIN' });
    return { catalog: await readCatalog(joined.pool), key };
  } finally {
    await joined.close();
  }
}

/** Trains the default user model for a short time, and makes the version active for everybody who has interactions. */
export async function trainForAll(platform: Platform): Promise<void> {
  const joined = await platform.join();
  try {
    const version = await train(joined);
    await promoteByPerson(joined.database, version);
  } finally {
    await joined.close();
  }
}

async function train({ database, pool }: ConnectedDatabase): Promise<number> {
  const config = readConfig(process.env);
  const services = { database, pool, engine: await startEngine(config), ratingScale: config.ratingScale };
  const recipe = recipeFor('USER', { options: { epochs: 3 } });
  const { version } = await trainModel(services, { taskKind: 'USER', recipe });
  // Of a short training, the measured number can be so high that nobody would get a list of the model.
  await database.modelVersion.update({ where: { id: version.id }, data: { servesFrom: 1 } });
  return version.id;
}
