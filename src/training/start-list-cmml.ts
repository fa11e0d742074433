import type { HostTensors } from '../engine/engine.ts';
import { floatTensor, integerTensor } from '../engine/host-tensor.ts';
import { ratingFactors } from '../factors/rating-factors.ts';
import type { SparseMatrix } from '../factors/sparse-matrix.ts';
import { trainIals } from '../factors/train-ials.ts';
import { headParameters } from '../models/cmml/lists/closed-form-head.ts';
import { itemParameters } from '../models/cmml/lists/item-vectors.ts';
import type { ListConfig } from '../models/cmml/lists/list-config.ts';
import { listConstants, listInputs, listLoss } from '../models/cmml/lists/list-loss.ts';
import { declareList, declareTrainedList, frozenParameters, ordersAgain } from '../models/cmml/lists/list-network.ts';
import { ratingParameters } from '../models/cmml/lists/rating-head.ts';
import { idsOf } from '../models/item-ids.ts';
import { checkParameterCount, storedParameters } from '../models/model-sizes.ts';
import { initialize } from '../models/parameter-declarations.ts';
import { checkTrainedSize } from '../models/recommenders.ts';
import { ListBatch } from '../tasks/list-batch.ts';
import { positiveFromOf } from '../tasks/positives.ts';
import type { Task, TrainingData } from '../tasks/training-data.ts';
import type { BatchSource } from './batch-source.ts';
import { fitHalfLife } from './closed-form/fit-half-life.ts';
import { countByItem, pairsOf, positiveMatrix } from './closed-form/positive-matrix.ts';
import { ratingMatrix } from './closed-form/rating-matrix.ts';
import { itemFeaturesById } from './features-without-ids.ts';
import { fitAmountScales, typeNamesOf } from './fit-amount-scales.ts';
import type { StartOptions, TrainableModel } from './trainable-model.ts';
import { labelScale } from './trained-fields.ts';
import type { TrainingOptions } from './training-options.ts';
import type { RecipeConfig, SetByTraining } from './training-recipe.ts';

/**
 * Prepares a CMML model that ranks the catalog: counts positives, makes the factors of the closed-form head and of the
 * rating head, and starts the bias of each item at the logarithm of its count, so that training begins at popularity.
 * Without ratings in the data, the model has no rating head.
 */
export async function startListCmml(
  recipe: RecipeConfig<ListConfig>,
  options: TrainingOptions,
  data: TrainingData,
  { signal }: Pick<StartOptions, 'signal'>,
): Promise<TrainableModel> {
  const { seed } = options;
  const complete: ListConfig = { ...(await setByData(data)), ...recipe };
  checkTrainedSize('cmml', complete, data.schema);
  checkParameterCount(complete, (changed) => declareList(changed, data.schema), storedParameters);
  const byUser = await positiveMatrix(data, complete.positiveFrom);
  const rated = await ratingHead(data, complete, { seed, signal });
  const head = await closedFormHead(byUser, data, complete, { seed, signal });
  const config = { ...(rated ? complete : withoutRatingHead(complete)), closedForm: head.config };
  const counts = countByItem(byUser);
  const logCounts = logarithms(counts);
  const popularity = popularityOf(logCounts);
  const start = initialize(declareTrainedList(config, data.schema), seed);
  return {
    kind: 'cmml',
    config,
    parameters: { ...start, [itemParameters.bias]: floatTensor([byUser.width, 1], logCounts) },
    loss: listLoss(config, data.schema, data.items),
    frozen: {
      [frozenParameters.popularity]: floatTensor([byUser.width, 1], popularity.byId),
      [frozenParameters.popularityDeviation]: floatTensor([1], Float32Array.of(popularity.deviation)),
      ...head.parameters,
      ...rated,
    },
    constants: listConstants(data.schema, data.users, data.items, popularity.byId),
    embeddingTables: [itemParameters.input, itemParameters.output, itemParameters.bias],
    batches: () => listBatches(data, config, options, counts),
  };
}

/** Half an interaction is added, so that an item without any has a logarithm. */
const logCount = (count: number) => Math.log(count + 0.5);

/**
 * Returns the standardized logarithm of the count of each ID row. Row 0 is that of an item of mean popularity, because
 * IDs are dropped from items of any popularity: how popular an unknown item is, is not known.
 */
function popularityOf(logCounts: Float32Array): { byId: Float32Array; deviation: number } {
  const mean = logCounts[0] as number;
  const squares = logCounts.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const deviation = Math.sqrt(squares / Math.max(logCounts.length - 1, 1)) || 1;
  return { byId: logCounts.map((value) => (value - mean) / deviation), deviation };
}

/** Returns the logarithm of the count of each ID row. Row 0, that of unknown IDs, has the mean of the others. */
function logarithms(counts: Float32Array): Float32Array {
  const logs = counts.map(logCount);
  logs[0] = 0;
  logs[0] = logs.reduce((sum, value) => sum + value, 0) / Math.max(logs.length - 1, 1);
  return logs;
}

/** Returns the parameters of the rating head; `undefined` without one, or without ratings. */
async function ratingHead(
  data: TrainingData,
  config: ListConfig,
  { seed, signal }: { seed: number; signal: AbortSignal | undefined },
): Promise<HostTensors | undefined> {
  if (config.ratingHead.width === 0) return undefined;
  const ratings = await ratingMatrix(data, config.labels);
  if (!ratings) return undefined;
  const { byUser, range } = ratings;
  const factors = await ratingFactors({ byUser, options: { ...config.ratingHead, seed } }, signal);
  return {
    [ratingParameters.items]: floatTensor([byUser.width, 1 + config.ratingHead.width], factors),
    [ratingParameters.range]: floatTensor([2], Float32Array.from(range)),
  };
}

function withoutRatingHead({ ratingHead, ...config }: ListConfig): ListConfig {
  return { ...config, ratingHead: { ...ratingHead, width: 0 } };
}

/**
 * A feature that this number of items have counts half. In `evaluate --lists --new-items`, smaller penalties find more
 * new items and cost recall of long histories.
 */
const featureRidge = 5;

/** Returns the parameters of the closed-form head, and its configuration with the half-life of the data. */
async function closedFormHead(
  byUser: SparseMatrix,
  data: TrainingData,
  { closedForm, positiveFrom }: ListConfig,
  { seed, signal }: { seed: number; signal: AbortSignal | undefined },
): Promise<{ parameters: HostTensors; config: ListConfig['closedForm'] }> {
  const { width, unobservedWeight, regularization, iterations } = closedForm;
  if (width === 0) return { parameters: {}, config: closedForm };
  const features = itemFeaturesById(data.schema, data.items);
  const options = {
    factors: width,
    unobservedWeight,
    regularization,
    regularizationExponent: 1,
    iterations,
    ridge: featureRidge,
    seed,
    signal,
  };
  const { factors, map, gram, unobserved } = await trainIals(pairsOf(byUser), options, features);
  if (map) factors.set(map.bias);
  const foldIn = { width, factors, gram, lambda: regularization, unobserved };
  const ids = idsOf(data.schema, data.items);
  const halfLife = closedForm.halfLife ?? (await fitHalfLife(data.tasks, ids, { foldIn, positiveFrom, signal }));
  const parameters = {
    [headParameters.factors]: floatTensor([byUser.width, width], factors),
    ...(map && { [headParameters.byFeature]: floatTensor([map.vocabularyRows, width], map.data) }),
    [headParameters.gram]: floatTensor([width, width], gram),
    [headParameters.penalty]: floatTensor([2], Float32Array.of(regularization, unobserved)),
  };
  return { parameters, config: { ...closedForm, halfLife } };
}

function listBatches(
  data: TrainingData,
  config: ListConfig,
  options: TrainingOptions,
  counts: Float32Array,
): BatchSource {
  const ids = Int32Array.from(idsOf(data.schema, data.items));
  const catalog = { ids, counts: Float32Array.from(ids, (id) => counts[id] as number) };
  const { episodes, lists, tasksPerStep } = options;
  const places = {
    tasks: tasksPerStep,
    support: episodes.supportPairs,
    items: Math.min(lists.items, data.items.rows),
    ordered: ordersAgain(config) ? lists.orderedItems : 0,
  };
  const { shortSupportShare, shortSupportPairs } = episodes;
  const { positiveFrom } = config;
  const scales = config.types.map((name) => config.amounts[name]);
  const drawn = { shortSupportShare, shortSupportPairs, positiveFrom, amountScales: scales };
  const batch = new ListBatch(places, catalog, { ...lists, ...drawn });
  const inputs = listInputs(config, places);
  return {
    inputs,
    tensors: tensorsOf(batch, inputs),
    *epoch(tasks, random) {
      for (let start = 0; start < tasks.length; start += tasksPerStep) {
        const chosen = Array.from(tasks.subarray(start, start + tasksPerStep), (index) => data.tasks[index] as Task);
        batch.fill(chosen, random);
        yield chosen.length;
      }
    },
  };
}

/** Returns tensors that share the arrays of the batch. */
function tensorsOf(batch: ListBatch, inputs: ReturnType<typeof listInputs>): HostTensors {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { shape }]) => {
      const data = batch[name as keyof ListBatch] as Int32Array | Float32Array;
      const sizes = shape as number[];
      return [name, data instanceof Int32Array ? integerTensor(sizes, data) : floatTensor(sizes, data)];
    }),
  );
}

/** Returns the configuration fields that describe the interactions of the data and the support sets. */
async function setByData(data: TrainingData): Promise<Pick<ListConfig, SetByTraining>> {
  return {
    labels: labelScale(data.tasks),
    positiveFrom: positiveFromOf(data),
    types: typeNamesOf(data),
    amounts: await fitAmountScales(data),
    ages: data.tasks.some(({ times }) => times !== undefined),
    supportLimit: maxSupport,
    support: 'feedback',
  };
}

/** Longer histories are rare, and the oldest of so many interactions say little about a user's taste. */
const maxSupport = 1000;
