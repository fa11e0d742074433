import type { Engine, HostTensors } from '../../engine/engine.ts';
import { floatTensor } from '../../engine/host-tensor.ts';
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
import { countByItem, pairsOf, positiveMatrix } from './positive-matrix.ts';

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
  const byUser = await positiveMatrix(data, config.positiveFrom);
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
  const byUser = await positiveMatrix(data, config.positiveFrom);
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
  const byUser = await positiveMatrix(data, config.positiveFrom);
  checkParameterCount(config, (changed) => declareIals(changed, data.schema), storedParameters);
  const { factorWidth } = config;
  const trained = await trainIals(pairsOf(byUser), {
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
  const counts = countByItem(await positiveMatrix(data, config.positiveFrom));
  return { [countsParameter]: floatTensor([counts.length], counts) };
}

/** Returns the share of users who like each item. */
function popularityOf(byUser: SparseMatrix): HostTensors {
  const shares = countByItem(byUser).map((count) => count / byUser.rows);
  return { [positivesParameter]: floatTensor([byUser.width], shares) };
}
