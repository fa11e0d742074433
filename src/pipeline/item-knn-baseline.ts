import { WarmstartError } from '../common/errors.ts';
import type { Engine } from '../engine/engine.ts';
import { parseItemKnnConfig } from '../models/closed-form/item-knn.ts';
import type { Recommender } from '../models/recommender.ts';
import { loadRecommender } from '../models/recommenders.ts';
import { type Entities, encodeKnownInBatches } from '../tasks/encode-known.ts';
import { interactionsOf, type TrainingData } from '../tasks/training-data.ts';
import { fitItemKnnModel } from '../training/closed-form/closed-form-models.ts';

export interface ItemKnnRequest {
  readonly data: TrainingData;
  /** The items of the data, by row. */
  readonly items: Entities['items'];
  readonly positiveFrom: number;
  readonly engine: Engine;
  readonly signal: AbortSignal | undefined;
}

/**
 * Returns item-kNN, computed from the positives of the training tasks with its default configuration. It reads nothing
 * but the IDs of items. Returns `undefined` if the data has no positives or too many items. Throws the signal's reason.
 */
export async function itemKnnBaseline({
  data,
  items,
  positiveFrom,
  engine,
  signal,
}: ItemKnnRequest): Promise<Recommender | undefined> {
  const bare = items.map(({ id }) => ({ id, features: {} }));
  const known = interactionsOf({ tasks: data.tasks });
  const encoded = await encodeKnownInBatches({ fields: [], users: [], items: bare }, { known, ids: ['item'] });
  const config = parseItemKnnConfig({ positiveFrom });
  try {
    const options = { engine, seed: 1, signal, onProgress: () => {} };
    const parameters = await fitItemKnnModel(config, { ...data, ...encoded }, options);
    return await loadRecommender({ kind: 'itemKnn', config, schema: encoded.schema, parameters }, engine);
  } catch (error) {
    if (error instanceof WarmstartError && error.code.startsWith('INVALID_')) return undefined;
    throw error;
  }
}
