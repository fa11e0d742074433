import DataLoader from 'dataloader';
import { LRUCache } from 'lru-cache';
import type { InteractionTypes } from '../features/interaction-types.ts';
import { readScenarioSupports, type ScenarioMoment } from './scenario-support.ts';
import type { Support, SupportedModel, SupportReader } from './support.ts';

/** Maximum number of support sets in memory. */
const max = 500;
/** Support sets are read again after this time, since features of users may have changed. */
const ttl = 60_000;
/** Maximum number of support sets read together: as many as a page has shelves. */
const maxBatchSize = 20;

/**
 * The support sets of scenarios. Each is read once for a model version and a state of the scenario, and those that are
 * requested at about the same time are read together.
 */
export class ScenarioSupports {
  readonly #reader: SupportReader;
  /** The support sets in memory follow these. */
  #types: InteractionTypes | undefined;
  readonly #supports = new LRUCache<string, Promise<Support | undefined>>({ max, ttl });
  readonly #loaders = new LRUCache<number, DataLoader<ScenarioMoment, Support | undefined>>({ max: 16 });

  constructor(reader: SupportReader) {
    this.#reader = reader;
  }

  /**
   * Returns the support set of a scenario for a model; `undefined` without interactions. While the catalog is stale, only
   * what is in memory is returned, however old: the database may not answer for long. Otherwise rejects with a
   * connection error.
   */
  of(model: SupportedModel, scenario: ScenarioMoment): Promise<Support | undefined> {
    const { id, watermark, revision } = scenario;
    const { isStale, types } = this.#reader.catalog;
    if (types !== this.#types) this.#supports.clear();
    this.#types = types;
    const key = `${model.versionId} ${id} ${watermark} ${revision}`;
    const known = this.#supports.get(key, { allowStale: isStale, noDeleteOnStaleGet: isStale });
    if (known) return known;
    if (isStale) return Promise.reject(databaseAway());
    const support = this.#loaderOf(model).load(scenario);
    this.#supports.set(key, support);
    // The next list tries again.
    support.catch(() => this.#supports.delete(key));
    return support;
  }

  #loaderOf(model: SupportedModel): DataLoader<ScenarioMoment, Support | undefined> {
    const known = this.#loaders.get(model.versionId);
    if (known) return known;
    // The loader can outlive the model, so it keeps only what it needs of it.
    const { versionId, recommender } = model;
    const { support, supportLimit } = recommender;
    const read = (scenarios: readonly ScenarioMoment[]) =>
      readScenarioSupports(this.#reader, { versionId, recommender: { support, supportLimit } }, scenarios);
    const loader = new DataLoader(read, { cache: false, maxBatchSize });
    this.#loaders.set(versionId, loader);
    return loader;
  }
}

/** The code is that of PostgreSQL for a connection failure. */
function databaseAway(): Error {
  const message = 'the database does not answer, and the support set of the scenario is not in memory';
  return Object.assign(new Error(message), { code: '08006' });
}
