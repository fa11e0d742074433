import type { HostTensors } from '../engine/engine.ts';
import { floatTensor } from '../engine/host-tensor.ts';
import { factorise } from '../factors/factorise.ts';
import type { Factors } from '../factors/factors.ts';
import { applyFeatureMap, type FeatureMap, type FeatureRows } from '../factors/feature-map.ts';
import type { Factorisation } from '../factors/worker-messages.ts';
import type { EncodedFeatures } from '../features/encoded-features.ts';
import { type EntityKind, type FeatureSchema, fieldsOf, rowsOf } from '../features/feature-schema.ts';
import type { EntityFactors } from '../models/embedding/entity-embedding.ts';
import { factorTables, idRows } from '../models/embedding/factor-embedding.ts';
import type { Embeddings } from '../models/recommender.ts';
import { holdOut, withoutHeldOut } from '../tasks/held-out-pairs.ts';
import type { TrainingData } from '../tasks/training-data.ts';

/** Factors made before a training, which it does not change. */
export interface PretrainedFactors {
  /** The tables that `declareFrozenEmbeddings` declares. */
  readonly parameters: HostTensors;
  /** The factors of the training's own users and items, as those tables give them. */
  readonly entities: EntityFactors;
}

export interface PretrainingOptions {
  readonly factorWidth: number;
  /** Share of the pairs that factors are not made from. */
  readonly heldOutShare: number;
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
  /** From 0 to 1. */
  readonly onProgress?: ((fraction: number) => void) | undefined;
}

/**
 * Factorises the interactions that a training may know, and fits how newcomers are placed by their features. Factors are
 * scaled to a mean square of 1 over those who have some, so that networks read numbers of an ordinary size.
 */
export async function pretrainFactors(
  data: TrainingData,
  { factorWidth, heldOutShare, seed, signal, onProgress }: PretrainingOptions,
): Promise<PretrainedFactors> {
  const { users, items, unknown } = withoutHeldOut(data, holdOut(heldOutShare, seed));
  const factorisation = await factorise({
    // Copies, since a thread takes what it is given.
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
    options: { factors: factorWidth, seed, ...JSON.parse(process.env.ALS ?? '{}') },
    ...(signal && { signal }),
    onProgress: ({ fraction }) => onProgress?.(fraction),
  });
  const user = placed(factorisation, 'user', data);
  const item = placed(factorisation, 'item', data);
  return {
    parameters: { ...user.tables, ...item.tables },
    entities: { users: user.factors, items: item.factors },
  };
}

/** Ids say nothing of newcomers: without weight here, they have none in the map that places them. */
function featuresWithoutIds(
  schema: FeatureSchema,
  entity: EntityKind,
  { rows, slots, indices, weights }: EncodedFeatures,
): FeatureRows {
  const { slot } = idRows(schema, entity);
  const others = weights.slice();
  for (let row = 0; row < rows; row++) others[row * slots + slot] = 0;
  const vocabularyRows = fieldsOf(schema, entity).reduce((sum, field) => sum + rowsOf(field), 0);
  return { features: { rows, slots, indices: indices.slice(), weights: others }, vocabularyRows };
}

interface Placed {
  readonly tables: HostTensors;
  readonly factors: Embeddings;
}

/** An entity's tables, and its rows' factors: their own, or those that their features give. */
function placed(factorisation: Factorisation, entity: EntityKind, data: TrainingData): Placed {
  const side = entity === 'user' ? 'users' : 'items';
  const own = factorisation[side];
  const map = factorisation.maps[side] as FeatureMap;
  const { width } = own;
  scale([own.data, map.data, map.bias], 1 / rootMeanSquare(own));
  const factors = applyFeatureMap(map, featuresWithoutIds(data.schema, entity, data[side]).features);
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
    factors: { rows: own.rows, width, data: factors },
    tables: {
      [tables.byId]: floatTensor([count, width], byId),
      [tables.byFeature]: floatTensor([map.vocabularyRows, width], map.data),
      [tables.start]: floatTensor([width], map.bias),
    },
  };
}

/** Over the rows that have factors of their own. */
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
  for (const array of arrays)
    for (const index of array.keys()) array[index] = (array[index] as number) * factor;
}
