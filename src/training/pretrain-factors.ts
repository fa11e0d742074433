import type { HostTensors } from '../engine/engine.ts';
import { floatTensor } from '../engine/host-tensor.ts';
import type { FactorizationOptionsInput } from '../factors/factorization-options.ts';
import { type FactorizeRequest, factorize } from '../factors/factorize.ts';
import type { Factorization } from '../factors/factorize-worker.ts';
import type { Factors } from '../factors/factors.ts';
import { applyFeatureMap, type FeatureMap } from '../factors/feature-map.ts';
import { withDropped } from '../features/dropped-features.ts';
import type { EntityKind } from '../features/feature-schema.ts';
import type { EntityFactors } from '../models/embedding/entity-embedding.ts';
import { factorTables, idRows } from '../models/embedding/factor-embedding.ts';
import type { Embeddings } from '../models/recommender.ts';
import { type HoldOut, withoutHeldOut } from '../tasks/held-out.ts';
import { type Interactions, interactionsOf, type TrainingData } from '../tasks/training-data.ts';
import { featuresWithoutIds } from './features-without-ids.ts';

/** Factors that are made before training and stay constant during it. */
export interface PretrainedFactors {
  /** The tables that `declareFrozenEmbeddings` declares, made from all interactions. The model serves with them. */
  readonly parameters: HostTensors;
  /** Factors of users and items for training in the rows of `withDropped`, made without the held-out pairs. */
  readonly entities: EntityFactors;
}

export interface PretrainingOptions {
  readonly options: FactorizationOptionsInput;
  readonly isHeldOut: HoldOut;
  readonly signal?: AbortSignal | undefined;
  /** Called with the share that is done, from 0 to 1. */
  readonly onProgress?: ((fraction: number) => void) | undefined;
}

/** Iterations for all interactions, starting from the factors without the held-out pairs. */
const refreshIterations = 3;

/**
 * Factorizes the interactions that training may use, and fits maps that place new users and items by their features.
 *
 * The factors of a pair that they were made from are close because the pair happened. Query pairs in training must be
 * as new to the factors as the pairs that the model predicts later. Therefore factors are first made without the
 * held-out pairs, for training. A few more iterations with all pairs then move them a little, for serving.
 */
export async function pretrainFactors(
  data: TrainingData,
  { options: given, isHeldOut, signal, onProgress }: PretrainingOptions,
): Promise<PretrainedFactors> {
  const all = interactionsOf(data);
  const options = { ...given, regularization: given.regularization ?? interactionsPerUser(all) };
  const run = (
    interactions: Interactions,
    more: Pick<FactorizeRequest, 'options' | 'start'>,
    from: number,
    to: number,
  ) =>
    factorize({
      ...more,
      ...requestOf(data, interactions),
      ...(signal && { signal }),
      onProgress: ({ fraction }) => onProgress?.(from + (to - from) * fraction),
    });
  const first = await run(withoutHeldOut(all, isHeldOut), { options }, 0, 0.8);
  const refreshed = await run(
    all,
    { options: { ...options, iterations: refreshIterations }, start: first.items },
    0.8,
    1,
  );
  const scales = { user: 1 / rootMeanSquare(first.users), item: 1 / rootMeanSquare(first.items) };
  const place = (factorization: Factorization, entity: EntityKind) =>
    placed(factorization, entity, data, scales[entity]);
  return {
    parameters: { ...place(refreshed, 'user').tables, ...place(refreshed, 'item').tables },
    entities: { users: place(first, 'user').factors, items: place(first, 'item').factors },
  };
}

/** The mean over users who have interactions. A penalty of this weight shrinks dense and sparse data alike. */
function interactionsPerUser({ users }: Interactions): number {
  return users.length / Math.max(new Set(users).size, 1) || 1;
}

/** Returns copies, because the thread takes over the arrays of a request. */
function requestOf(data: TrainingData, { users, items, unknown }: Interactions) {
  return {
    interactions: {
      users: data.users.rows,
      items: data.items.rows,
      userRows: users.slice(),
      itemRows: items.slice(),
      ...(unknown && { unknown }),
    },
    features: {
      users: featuresWithoutIds(data.schema, 'user', data.users),
      items: featuresWithoutIds(data.schema, 'item', data.items),
    },
  };
}

interface Placed {
  readonly tables: HostTensors;
  readonly factors: Embeddings;
}

/**
 * Returns the tables of an entity and the factors of the rows of `withDropped`. Users or items with interactions have
 * their own factors; all others, and all whose ID is dropped, those that the map gives. Scales all of them by `by`, so
 * that their size suits the networks.
 */
function placed(factorization: Factorization, entity: EntityKind, data: TrainingData, by: number): Placed {
  const side = entity === 'user' ? 'users' : 'items';
  const own = factorization[side];
  const map = factorization.maps[side] as FeatureMap;
  const { width } = own;
  scale([own.data, map.data, map.bias], by);
  const all = withDropped(data.schema, entity, data[side]);
  const factors = applyFeatureMap(map, featuresWithoutIds(data.schema, entity, all).features);
  const { count, first, slot } = idRows(data.schema, entity);
  const byId = new Float32Array(count * width);
  for (let row = 0; row < own.rows; row++) {
    const id = (data[side].indices[row * data[side].slots + slot] as number) - first;
    if (id === 0) continue;
    const target = factors.subarray(row * width, (row + 1) * width);
    if (own.known[row] === 1) target.set(own.data.subarray(row * width, (row + 1) * width));
    byId.set(target, id * width);
  }
  const tables = factorTables(entity);
  return {
    factors: { rows: all.rows, width, data: factors },
    tables: {
      [tables.byId]: floatTensor([count, width], byId),
      [tables.byFeature]: floatTensor([map.vocabularyRows, width], map.data),
      [tables.start]: floatTensor([width], map.bias),
    },
  };
}

/** The root mean square over the known rows. */
function rootMeanSquare({ rows, width, data, known }: Factors): number {
  let [count, squares] = [0, 0];
  for (let row = 0; row < rows; row++) {
    if (known[row] === 0) continue;
    count += width;
    for (let at = row * width; at < (row + 1) * width; at++) squares += (data[at] as number) ** 2;
  }
  return Math.sqrt(squares / Math.max(count, 1)) || 1;
}

function scale(arrays: readonly Float32Array[], factor: number): void {
  for (const array of arrays) for (const index of array.keys()) array[index] = (array[index] as number) * factor;
}
