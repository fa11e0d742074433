import { WarmstartError } from '../../common/errors.ts';
import type { Engine, HostTensors } from '../../engine/engine.ts';
import { floatTensor } from '../../engine/host-tensor.ts';
import type { Interactions } from '../../factors/interactions.ts';
import { itemNeighbors } from '../../factors/item-neighbors.ts';
import type { SparseMatrix } from '../../factors/sparse-matrix.ts';
import { trainIals } from '../../factors/train-ials.ts';
import { checkEaseSize, type EaseConfig, weightsParameter } from '../../models/closed-form/ease.ts';
import { declareIals, type IalsConfig, ialsParameters } from '../../models/closed-form/ials.ts';
import {
  declareItemKnn,
  type ItemKnnConfig,
  neighborParameters,
  neighborsOf,
} from '../../models/closed-form/item-knn.ts';
import { positivesParameter } from '../../models/closed-form/popularity-terms.ts';
import { countsParameter } from '../../models/item-popularity.ts';
import { checkParameterCount, storedParameters } from '../../models/model-sizes.ts';
import type { TrainingData } from '../../tasks/training-data.ts';
import { fitEase } from './fit-ease.ts';
import { positiveMatrix } from './positive-matrix.ts';

export interface FitOptions {
  readonly engine: Engine;
  /** An int32. */
  readonly seed: number;
  readonly signal: AbortSignal | undefined;
  /** Called with the share that is done, from 0 to 1. */
  readonly onProgress: (fraction: number) => void;
}

/** Throws INVALID_CONFIGURATION if there are too many items. */
export async function fitEaseModel(
  config: EaseConfig,
  data: TrainingData,
  { engine, signal }: FitOptions,
): Promise<HostTensors> {
  checkEaseSize(data.schema);
  const byUser = await learnedFrom(data, config);
  const weights = await fitEase(byUser, { ...config, engine, signal });
  const { width } = byUser;
  return { [weightsParameter]: floatTensor([width, width], weights), ...popularityOf(byUser) };
}

/** Throws INVALID_CONFIGURATION if the neighbors of all items are too many to store. */
export async function fitItemKnnModel(
  config: ItemKnnConfig,
  data: TrainingData,
  { signal }: FitOptions,
): Promise<HostTensors> {
  const byUser = await learnedFrom(data, config);
  checkParameterCount(config, (changed) => declareItemKnn(changed, data.schema), storedParameters);
  const neighbors = neighborsOf(config, data.schema);
  const { items, similarities } = await itemNeighbors({ ...config, byUser, neighbors }, signal);
  const shape = [byUser.width, neighbors];
  return {
    [neighborParameters.items]: floatTensor(shape, items),
    [neighborParameters.similarities]: floatTensor(shape, similarities),
    ...popularityOf(byUser),
  };
}

/** Throws INVALID_CONFIGURATION if the factors of all items are too many to store. */
export async function fitIalsModel(
  config: IalsConfig,
  data: TrainingData,
  { seed, signal, onProgress }: FitOptions,
): Promise<HostTensors> {
  const byUser = await learnedFrom(data, config);
  checkParameterCount(config, (changed) => declareIals(changed, data.schema), storedParameters);
  const { factorWidth } = config;
  const trained = await trainIals(interactionsOf(byUser), {
    ...config,
    factors: factorWidth,
    seed,
    signal,
    onProgress,
  });
  return {
    [ialsParameters.factors]: floatTensor([byUser.width, factorWidth], trained.factors),
    [ialsParameters.gram]: floatTensor([factorWidth, factorWidth], trained.gram),
    [ialsParameters.unobserved]: floatTensor([1], Float32Array.of(trained.unobserved)),
    ...popularityOf(byUser),
  };
}

/** Returns the parameters of ItemPop if it counts the users with a positive interaction with each item. */
export async function fitItemPopularity(
  config: { readonly positiveFrom: number },
  data: TrainingData,
): Promise<HostTensors> {
  const counts = countByItem(await learnedFrom(data, config));
  return { [countsParameter]: floatTensor([counts.length], counts) };
}

/** Throws INVALID_DATA without positives. */
async function learnedFrom(
  data: TrainingData,
  { positiveFrom }: { readonly positiveFrom: number },
): Promise<SparseMatrix> {
  const byUser = await positiveMatrix(data, positiveFrom);
  if (byUser.columns.length > 0) return byUser;
  throw new WarmstartError(
    'INVALID_DATA',
    `there are no positives to train on: expected ratings of at least ${positiveFrom} or interactions of other types ` +
      'with items that have an ID, found none; import more, or lower positiveFrom',
  );
}

/** Returns the share of users who like each item. */
function popularityOf(byUser: SparseMatrix): HostTensors {
  const shares = countByItem(byUser).map((count) => count / byUser.rows);
  return { [positivesParameter]: floatTensor([byUser.width], shares) };
}

/** Returns the number of users who like each item. */
function countByItem({ width, columns }: SparseMatrix): Float32Array {
  const counts = new Float32Array(width);
  for (let entry = 0; entry < columns.length; entry++) counts[columns[entry]!]!++;
  return counts;
}

/** Returns copies, because the thread takes over the arrays. */
function interactionsOf({ rows, width, starts, columns }: SparseMatrix): Interactions {
  const userRows = new Int32Array(columns.length);
  for (let row = 0; row < rows; row++) userRows.fill(row, starts[row], starts[row + 1]);
  return { users: rows, items: width, userRows, itemRows: columns.slice() };
}
