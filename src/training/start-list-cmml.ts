import type { HostTensor, HostTensors } from '../engine/engine.ts';
import { floatTensor, integerTensor } from '../engine/host-tensor.ts';
import { trainIals } from '../factors/train-ials.ts';
import { typeIndex } from '../features/feedback.ts';
import { headParameters } from '../models/cmml/lists/closed-form-head.ts';
import { itemParameters } from '../models/cmml/lists/item-vectors.ts';
import type { ListConfig } from '../models/cmml/lists/list-config.ts';
import { listConstants, listInputs, listLoss } from '../models/cmml/lists/list-loss.ts';
import { declareList, declareTrainedList, frozenParameters, ordersAgain } from '../models/cmml/lists/list-network.ts';
import { idRows } from '../models/embedding/factor-embedding.ts';
import { checkParameterCount, storedParameters } from '../models/model-sizes.ts';
import { initialize } from '../models/parameter-declarations.ts';
import { checkTrainedSize } from '../models/recommenders.ts';
import { ListBatch } from '../tasks/list-batch.ts';
import { defaultPositiveFrom, positivePairs } from '../tasks/positives.ts';
import type { Task, TrainingData } from '../tasks/training-data.ts';
import type { BatchSource } from './batch-source.ts';
import type { StartOptions, TrainableModel } from './trainable-model.ts';
import type { TrainingOptions } from './training-options.ts';
import type { RecipeConfig, SetByTraining } from './training-recipe.ts';

/**
 * Prepares a CMML model that ranks the catalog: counts positives, makes the factors of the closed-form head, and starts
 * the bias of each item at the logarithm of its count, so that training begins at popularity.
 */
export async function startListCmml(
  recipe: RecipeConfig<ListConfig>,
  options: TrainingOptions,
  data: TrainingData,
  { signal }: Pick<StartOptions, 'signal'>,
): Promise<TrainableModel> {
  const { seed } = options;
  const config: ListConfig = { ...setByData(data), ...recipe };
  checkTrainedSize('cmml', config, data.schema);
  checkParameterCount(config, (changed) => declareList(changed, data.schema), storedParameters);
  const catalog = countPositives(data, config);
  const popularity = popularityOf(catalog);
  const start = initialize(declareTrainedList(config, data.schema), seed);
  return {
    kind: 'cmml',
    config,
    parameters: { ...start, [itemParameters.bias]: startingBias(catalog) },
    loss: listLoss(config, data.schema),
    frozen: {
      [frozenParameters.popularity]: floatTensor([catalog.rows, 1], popularity.byId),
      [frozenParameters.popularityDeviation]: floatTensor([1], Float32Array.of(popularity.deviation)),
      ...(await closedFormHead(data, config, catalog, { seed, signal })),
    },
    constants: listConstants(data.schema, data.users, data.items, popularity.byId),
    embeddingTables: [itemParameters.input, itemParameters.output, itemParameters.bias],
    batches: () => listBatches(data, config, options, catalog),
  };
}

/** The positives of the training tasks, by item. */
interface Catalog {
  /** The number of rows of the tables by ID. */
  readonly rows: number;
  /** The ID row of each item, 0 if it has none. */
  readonly ids: Int32Array;
  readonly counts: Float32Array;
  /** The distinct positive pairs. */
  readonly users: Int32Array;
  readonly items: Int32Array;
}

function countPositives({ schema, items, tasks }: TrainingData, { positiveFrom }: ListConfig): Catalog {
  const { first, slot, count } = idRows(schema, 'item');
  const ids = Int32Array.from(
    { length: items.rows },
    (_, row) => (items.indices[row * items.slots + slot] as number) - first,
  );
  const counts = new Float32Array(items.rows);
  const pairs = tasks.reduce((sum, task) => sum + task.items.length, 0);
  const [users, liked] = [new Int32Array(pairs), new Int32Array(pairs)];
  let filled = 0;
  const last = new Int32Array(items.rows).fill(-1);
  for (const [index, task] of tasks.entries()) {
    for (const pair of positivePairs(task, positiveFrom)) {
      const item = task.items[pair] as number;
      // An item can occur once for each type of interaction.
      if (last[item] === index) continue;
      last[item] = index;
      counts[item] = (counts[item] as number) + 1;
      users[filled] = task.users[0] as number;
      liked[filled] = item;
      filled += 1;
    }
  }
  return { rows: count, ids, counts, users: users.subarray(0, filled), items: liked.subarray(0, filled) };
}

const rate = typeIndex('RATE');

/** Half an interaction is added, so that an item without any has a logarithm. */
const logCount = (count: number) => Math.log(count + 0.5);

/**
 * Returns the standardized logarithm of the count of each ID row. Row 0 is that of an item of mean popularity, because IDs
 * are dropped from items of any popularity: how popular an unknown item is, is not known.
 */
function popularityOf({ rows, ids, counts }: Catalog): { byId: Float32Array; deviation: number } {
  const known = counts.filter((_, item) => ids[item] !== 0);
  const mean = known.reduce((sum, count) => sum + logCount(count), 0) / Math.max(known.length, 1);
  const variance = known.reduce((sum, count) => sum + (logCount(count) - mean) ** 2, 0) / Math.max(known.length, 1);
  const deviation = Math.sqrt(variance) || 1;
  const byId = new Float32Array(rows);
  for (const [item, id] of ids.entries()) if (id > 0) byId[id] = (logCount(counts[item] as number) - mean) / deviation;
  return { byId, deviation };
}

/** Row 0 starts at the mean, because IDs are dropped from items of any popularity. */
function startingBias({ rows, ids, counts }: Catalog): HostTensor {
  const bias = new Float32Array(rows);
  for (const [item, id] of ids.entries()) if (id > 0) bias[id] = logCount(counts[item] as number);
  bias[0] = bias.reduce((sum, value) => sum + value, 0) / Math.max(rows - 1, 1);
  return floatTensor([rows, 1], bias);
}

async function closedFormHead(
  data: TrainingData,
  { closedForm }: ListConfig,
  { rows, ids, users, items }: Catalog,
  { seed, signal }: { seed: number; signal: AbortSignal | undefined },
): Promise<HostTensors> {
  const { width, unobservedWeight, regularization, iterations } = closedForm;
  if (width === 0) return {};
  const trained = await trainIals(
    { users: data.users.rows, items: data.items.rows, userRows: users.slice(), itemRows: items.slice() },
    {
      factors: width,
      unobservedWeight,
      regularisation: regularization,
      regularisationExponent: 1,
      iterations,
      seed,
      signal,
    },
  );
  const byId = new Float32Array(rows * width);
  for (const [item, id] of ids.entries()) {
    if (id > 0) byId.set(trained.factors.subarray(item * width, (item + 1) * width), id * width);
  }
  return {
    [frozenParameters.factors]: floatTensor([rows, width], byId),
    [headParameters.gram]: floatTensor([width, width], trained.gram),
    [headParameters.penalty]: floatTensor([2], Float32Array.of(regularization, trained.unobserved)),
  };
}

function listBatches(data: TrainingData, config: ListConfig, options: TrainingOptions, catalog: Catalog): BatchSource {
  const { episodes, lists, tasksPerStep } = options;
  const places = {
    tasks: tasksPerStep,
    support: episodes.supportPairs,
    items: Math.min(lists.items, data.items.rows),
    ordered: ordersAgain(config) ? lists.orderedItems : 0,
  };
  const { shortSupportShare, shortSupportPairs } = episodes;
  const { positiveFrom } = config;
  const batch = new ListBatch(places, catalog, { ...lists, shortSupportShare, shortSupportPairs, positiveFrom });
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

/** Returns the configuration fields that describe the ratings of the data and the support sets. */
function setByData({ tasks }: TrainingData): Pick<ListConfig, SetByTraining> {
  return {
    labels: ratingScale(tasks),
    positiveFrom: defaultPositiveFrom(tasks),
    supportLimit: maxSupport,
    support: 'feedback',
  };
}

/** Longer histories are rare, and the oldest of so many interactions say little about a user's taste. */
const maxSupport = 1000;

/** Returns the mean and standard deviation of all ratings. The deviation is 1 if all ratings are equal. */
function ratingScale(tasks: readonly Task[]): ListConfig['labels'] {
  let [count, total, squares] = [0, 0, 0];
  for (const { labels, types } of tasks) {
    for (const [pair, label] of labels.entries()) {
      if (types && types[pair] !== rate) continue;
      count += 1;
      total += label;
      squares += label * label;
    }
  }
  const mean = total / Math.max(count, 1);
  const variance = squares / Math.max(count, 1) - mean * mean;
  return { mean, deviation: variance > 1e-12 ? Math.sqrt(variance) : 1 };
}
