import { cpus } from 'node:os';
import { createApiKey } from '../src/access/api-keys.ts';
import type { Store } from '../src/cli/open-store.ts';
import { startEngine } from '../src/cli/start-engine.ts';
import { type Config, readConfig } from '../src/config.ts';
import { trainModel } from '../src/pipeline/train-model.ts';
import { promoteByPerson } from '../src/registry/promotion.ts';
import { recipeFor } from '../src/training/recipe-for.ts';
import { benchRetrieval } from './retrieval.ts';
import { measureBulkImport, measureMutations } from './serving/bulk.ts';
import { addMovieLens, type Catalog, readCatalog, storeSynthetic, syntheticSize } from './serving/data.ts';
import { measureLargeCatalog } from './serving/large-catalog.ts';
import { sendAtOnce, type Target } from './serving/load.ts';
import { measureOverload, type Overload } from './serving/overload.ts';
import { printHeading } from './serving/report.ts';
import { measureSaturation } from './serving/saturation.ts';
import { withScratchStore } from './serving/scratch-store.ts';
import { type MeasuredServer, startMeasuredServer } from './serving/server.ts';
import { countPerOperation } from './serving/statements.ts';
import { measureSteady } from './serving/steady.ts';
import { mixedTraffic } from './serving/traffic.ts';
import { measureWhileTraining } from './serving/while-training.ts';
import type { OnEnd } from './support/clean-up.ts';

/** How long the phases take, in seconds, and how much data there is. */
const extents = {
  full: {
    ...{ importRounds: 3, interactionsPerUser: 20, movieLens: true, trainedUsers: 4000, epochs: 5 },
    ...{ warmUp: 20, saturation: 10, steady: 600, overload: 15, recovery: 20, training: 60, bulk: 15 },
    ...{ largeItems: 1_000_000, largeLists: 15, searched: [100_000, 1_000_000] },
  },
  quick: {
    ...{ importRounds: 1, interactionsPerUser: 5, movieLens: false, trainedUsers: 2000, epochs: 3 },
    ...{ warmUp: 5, saturation: 3, steady: 15, overload: 5, recovery: 10, training: 10, bulk: 4 },
    ...{ largeItems: 100_000, largeLists: 3, searched: [100_000] },
  },
};
type Extent = (typeof extents)[keyof typeof extents];

/** Measures a server under traffic, beside what it is compared with in the same run. docs/speed.md describes it. */
export async function benchServing({ quick = false }: { readonly quick?: boolean }): Promise<object> {
  const extent = quick ? extents.quick : extents.full;
  const config = readConfig(process.env);
  process.stdout.write(`${cpus().length} cores, Node ${process.version}, ${new Date().toISOString()}\n`);
  const measured = await withScratchStore(config, 'warmstart_bench_serving', (store, onEnd) =>
    measureStore(store, config, extent, onEnd),
  );
  printHeading('Search by vectors');
  return { ...measured, retrieval: await benchRetrieval(extent.searched) };
}

async function measureStore(store: Store, config: Config, extent: Extent, onEnd: OnEnd) {
  const imported = await measureBulkImport(store.pool, config.ratingScale, extent.importRounds);
  const catalog = await storeData(store, config, extent);
  const { secret: key } = await createApiKey(store.database, { name: 'bench', role: 'CLIENT' });
  const server = await startMeasuredServer({ DATABASE_URL: store.url });
  onEnd(server.stop);
  const smallServerMiB = server.rss();
  const { mutationRowsPerSecond, ...served } = await measureTraffic(store, server, { key, catalog, extent });
  await server.stop();
  const sqlPerOperation = await countPerOperation(store, config, catalog);
  const large = { items: extent.largeItems, smallServerMiB, key, seconds: extent.largeLists };
  const catalogue = await measureLargeCatalog(store, catalog, large);
  return { ...served, sqlPerOperation, bulk: { mutationRowsPerSecond, ...imported }, catalogue };
}

/** Stores what traffic is about, and a trained model. */
async function storeData({ pool, database }: Store, config: Config, extent: Extent): Promise<Catalog> {
  printHeading('Storing data and training a model');
  const { ratingScale } = config;
  await storeSynthetic(pool, { ...syntheticSize, interactionsPerUser: extent.interactionsPerUser });
  if (extent.movieLens && !(await addMovieLens(pool, ratingScale)))
    process.stdout.write('MovieLens-1M is not there (set WARMSTART_MOVIELENS), so all data is synthetic\n');
  const recipe = recipeFor('USER', { options: { epochs: extent.epochs } });
  const services = { database, pool, engine: await startEngine(config), ratingScale };
  const { version } = await trainModel(services, { taskKind: 'USER', recipe, maxUsers: extent.trainedUsers });
  // A short training can be refused by the rule, and its lists take as much time as those of a long one.
  await promoteByPerson(database, version.id);
  return readCatalog(pool);
}

interface TrafficOptions {
  readonly key: string;
  readonly catalog: Catalog;
  readonly extent: Extent;
}

/** Measures a server that has just started, each phase after the other. */
async function measureTraffic(store: Store, server: MeasuredServer, { key, catalog, extent }: TrafficOptions) {
  const target: Target = { url: server.url, key };
  await sendAtOnce(target, mixedTraffic(catalog), { connections: 8, seconds: extent.warmUp });
  const saturation = await measureSaturation(target, catalog, { warmUp: extent.warmUp, seconds: extent.saturation });
  const perSecond = Math.round(0.65 * saturation.mixed);
  const { at65, rss } = await measureSteady(server, target, catalog, { perSecond, seconds: extent.steady });
  const overload = await measureOverload(target, catalog, {
    saturation: saturation.mixed,
    steady: { perSecond, p99: at65.p99 },
    seconds: extent.overload,
    recoverySeconds: extent.recovery,
  });
  checkFailures(overload);
  const trained = { perSecond, seconds: extent.training, quietP99: at65.p99 };
  const whileTraining = await measureWhileTraining(store, target, catalog, trained);
  const mutationRowsPerSecond = await measureMutations(target, catalog, extent.bulk);
  return { saturation, at65, overload, whileTraining, rss, mutationRowsPerSecond };
}

/** Figures are worth nothing if the server answers only some of the requests that it does not refuse. */
function checkFailures({ failures, resets }: Overload): void {
  if (failures + resets > 0)
    throw new Error(`expected answers and refusals in an overload, got ${failures} failures and ${resets} resets`);
}
