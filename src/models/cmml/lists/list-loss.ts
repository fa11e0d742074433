import {
  add,
  div,
  gather,
  logSumExp,
  matMul,
  maximum,
  mul,
  neg,
  reshape,
  type Scalar,
  square,
  step,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
  tensor2d,
  transpose,
  zeros,
} from '@tensorflow/tfjs-core';
import type { HostTensors, LossFunction, Signature, Tensors } from '../../../engine/engine.ts';
import { floatTensor, integerTensor } from '../../../engine/host-tensor.ts';
import type { EncodedFeatures } from '../../../features/encode-features.ts';
import type { FeatureSchema } from '../../../features/feature-schema.ts';
import { idRows } from '../../embedding/factor-embedding.ts';
import { withoutGradient } from '../../layers.ts';
import { modulations } from '../modulations.ts';
import { gatePairs } from './feedback-gates.ts';
import { type ItemVectors, itemParameters, itemVectors, profileSize } from './item-vectors.ts';
import { type ListConfig, readsAmounts } from './list-config.ts';
import { networkInputs, ordersAgain } from './list-network.ts';
import { popularityWeights, profileVectors, type SupportSums, taskVectors, userParameters } from './task-vector.ts';

/** The sizes of a batch: tasks, support pairs of a task, items that compete, and items that the network orders. */
export interface ListBatchSize {
  readonly tasks: number;
  readonly support: number;
  readonly items: number;
  readonly ordered: number;
}

/**
 * Returns the inputs of one batch. `items` are the catalog rows of the competing items, and `ids` their ID rows, 0 for
 * an ID that is dropped. All other items are positions in `items`. `targets` is the weight of each item that is to be
 * found, −1 for an item that does not compete, such as those of the support set, and 0 for all others. `supportCounts`
 * counts the pairs of a support set, `supportMask` weighs them, and `supportEvidence` multiplies their items' vectors, see
 * `evidenceOf`. For `supportAmounts` see `standardAmount`, and for `supportAges` `agesOf`. `logOdds` is the logarithm of
 * how often an item is expected among the competing items if they are drawn at random.
 */
export function listInputs(config: ListConfig, { tasks, support, items, ordered }: ListBatchSize): Signature {
  const integers = (...shape: number[]) => ({ dtype: 'int32' as const, shape });
  const floats = (...shape: number[]) => ({ dtype: 'float32' as const, shape });
  return {
    items: integers(items),
    ids: integers(items),
    logOdds: floats(items),
    users: integers(tasks),
    profileMask: floats(tasks),
    supportItems: integers(tasks, support),
    supportTypes: integers(tasks, support),
    supportLabels: floats(tasks, support),
    supportEvidence: floats(tasks, support),
    ...(readsAmounts(config) && { supportAmounts: floats(tasks, support) }),
    ...(config.ages && { supportAges: floats(tasks, support) }),
    supportMask: floats(tasks, support),
    supportCounts: floats(tasks),
    targets: floats(tasks, items),
    ...(ordersAgain(config) && {
      orderedItems: integers(tasks, ordered),
      orderedTargets: floats(tasks, ordered),
      orderedLogOdds: floats(tasks, ordered),
    }),
  };
}

/** Returns the constants of training: features of all users and items, and the popularity by ID row, `[rows, 1]`. */
export function listConstants(
  schema: FeatureSchema,
  users: EncodedFeatures,
  items: EncodedFeatures,
  popularity: Float32Array,
): HostTensors {
  const { slot } = idRows(schema, 'item');
  const profile = profileSize(schema);
  return {
    popularity: floatTensor([popularity.length, 1], popularity),
    ...(slot > 0 && {
      itemIndices: integerTensor([items.rows, slot], firstColumns(items, slot, items.indices)),
      itemWeights: floatTensor([items.rows, slot], firstColumns(items, slot, items.weights)),
    }),
    ...(profile.slots > 0 && {
      userIndices: integerTensor([users.rows, profile.slots], firstColumns(users, profile.slots, users.indices)),
      userWeights: floatTensor([users.rows, profile.slots], firstColumns(users, profile.slots, users.weights)),
    }),
  };
}

/** The ID, if there is one, is the last slot, so the first columns are the features. */
function firstColumns<T extends Int32Array | Float32Array>({ rows, slots }: EncodedFeatures, count: number, all: T): T {
  const some = all.slice(0, rows * count) as T;
  for (let row = 0; row < rows; row++) some.set(all.subarray(row * slots, row * slots + count), row * count);
  return some;
}

/**
 * Returns the loss of a batch: the cross-entropy of a softmax over all competing items, weighted by the targets and
 * averaged over the tasks. With fewer competing items than there are in the catalog, scores are corrected by `logOdds`
 * (Bengio and Senécal 2008), so the expected loss is near that of the whole catalog.
 *
 * A modulated network learns to order some of the items by a second cross-entropy. What it reads is constant to it, so
 * it does not change what the inner product retrieves. `catalog` are the encoded items of the training.
 */
export function listLoss(config: ListConfig, schema: FeatureSchema, catalog: EncodedFeatures): LossFunction {
  const penalty = featuresDiffer(schema, catalog) ? config.itemPenalty : 0;
  return (parameters, inputs) => {
    const items = embedItems(parameters, inputs);
    const { context, popularity } = embedTasks(parameters, config, schema, inputs, items);
    const targets = inputs.targets as Tensor2D;
    const logits = add(
      add(matMul(context, transpose(items.output)), reshape(items.bias, [1, -1])),
      mul(popularity, reshape(items.popularity, [1, -1])),
    ) as Tensor2D;
    const corrected = sub(logits, reshape(inputs.logOdds as Tensor, [1, -1]));
    const retrieval = crossEntropy(withoutShown(corrected as Tensor2D, targets), targets);
    const loss = add(add(retrieval, itemPenalty(parameters, penalty, inputs)), profilePenalty(parameters, config));
    if (!ordersAgain(config)) return loss as Scalar;
    return add(loss, orderingLoss(parameters, config, inputs, { items, context, logits })) as Scalar;
  };
}

/** A score that no shown item reaches, so that it takes no part in the softmax. */
const unreachable = -1e5;

/** Items that the user knows already are never listed, so they do not compete. */
function withoutShown(logits: Tensor2D, targets: Tensor2D): Tensor2D {
  return add(logits, mul(step(neg(targets)), unreachable));
}

/** Returns the mean over the tasks that have targets of `−Σ target · ln softmax(logits)`. */
function crossEntropy(logits: Tensor2D, targets: Tensor2D): Scalar {
  const weights = mul(targets, step(targets)) as Tensor2D;
  const weight = sum(weights, 1) as Tensor1D;
  const losses = sub(mul(weight, logSumExp(logits, 1)), sum(mul(weights, logits), 1));
  return div(sum(losses), maximum(sum(step(weight)), 1));
}

interface CompetingVectors extends ItemVectors {
  readonly popularity: Tensor2D;
}

function embedItems(parameters: Tensors, inputs: Tensors): CompetingVectors {
  const { itemIndices, itemWeights } = inputs;
  const ids = inputs.ids as Tensor1D;
  const features = (all: Tensor | undefined) => (all ? gather(all, inputs.items as Tensor) : zeros([1, 1]));
  const encoded = { ids, indices: features(itemIndices), weights: features(itemWeights) };
  return { ...itemVectors(parameters, encoded), popularity: gather(inputs.popularity as Tensor, ids) as Tensor2D };
}

function embedTasks(
  parameters: Tensors,
  config: ListConfig,
  schema: FeatureSchema,
  inputs: Tensors,
  items: CompetingVectors,
): { context: Tensor2D; popularity: Tensor2D } {
  const sums = supportSums(parameters, config, inputs, items);
  const context = taskVectors(parameters, config, sums, profilesOf(parameters, config, schema, inputs));
  return { context, popularity: popularityWeights(parameters, sums) };
}

function supportSums(parameters: Tensors, config: ListConfig, inputs: Tensors, items: CompetingVectors): SupportSums {
  const [tasks, places] = (inputs.supportItems as Tensor2D).shape;
  const flat = (name: string, ...shape: number[]) => reshape(inputs[name] as Tensor, shape);
  const rows = flat('supportItems', -1);
  const gated = gatePairs(parameters, config, gather(items.input, rows), {
    types: flat('supportTypes', -1),
    labels: flat('supportLabels', -1, 1) as Tensor2D,
    evidence: flat('supportEvidence', -1, 1) as Tensor2D,
    amounts: readsAmounts(config) ? (flat('supportAmounts', -1, 1) as Tensor2D) : undefined,
    ages: config.ages ? (flat('supportAges', -1, 1) as Tensor2D) : undefined,
  });
  const mask = flat('supportMask', tasks, 1, places);
  const total = (of: Tensor, width: number) =>
    reshape(matMul(mask, reshape(of, [tasks, places, width])), [tasks, width]) as Tensor2D;
  return {
    vector: total(gated, config.vectorWidth),
    popularity: total(gather(items.popularity, rows), 1),
    count: flat('supportCounts', tasks, 1) as Tensor2D,
  };
}

function profilesOf(
  parameters: Tensors,
  { vectorWidth }: ListConfig,
  schema: FeatureSchema,
  { userIndices, userWeights, users, profileMask }: Tensors,
): Tensor2D {
  const mask = reshape(profileMask as Tensor, [-1, 1]);
  if (profileSize(schema).rows === 0) return mul(mask, zeros([1, vectorWidth])) as Tensor2D;
  const of = (all: Tensor | undefined) => gather(all as Tensor, users as Tensor);
  return mul(profileVectors(parameters, { indices: of(userIndices), weights: of(userWeights) }), mask) as Tensor2D;
}

/**
 * An item with few users would have a vector of its own that fits each of them. With a penalty, such an item keeps to
 * the vector of its features, and the more users it has, the more its own one counts. If the features of all items are
 * equal, or there are none, there is no penalty: all that is known of an item is in the vectors of its ID. The row of
 * unknown IDs has no penalty either: it would have one for every ID that is dropped.
 */
function itemPenalty(parameters: Tensors, weight: number, { ids }: Tensors): Tensor {
  if (weight === 0) return zeros([]);
  const known = reshape(step(ids as Tensor), [-1, 1]);
  const squares = (name: string) => sum(mul(square(gather(parameters[name] as Tensor, ids as Tensor)), known));
  return mul(add(squares(itemParameters.input), squares(itemParameters.output)), weight);
}

/** Returns whether the items differ in at least one feature. The ID, the last slot, is not a feature here. */
function featuresDiffer(schema: FeatureSchema, { rows, slots, indices, weights }: EncodedFeatures): boolean {
  const { slot } = idRows(schema, 'item');
  for (let row = 1; row < rows; row++) {
    for (let at = 0; at < slot; at++) {
      const place = row * slots + at;
      if (indices[place] !== indices[at] || weights[place] !== weights[at]) return true;
    }
  }
  return false;
}

/** Few users share a feature, so their vectors would fit each of them without a penalty. */
function profilePenalty(parameters: Tensors, { profilePenalty: weight }: ListConfig): Tensor {
  const table = parameters[userParameters.features];
  return table ? mul(sum(square(table)), weight) : zeros([]);
}

function orderingLoss(
  parameters: Tensors,
  config: ListConfig,
  { orderedItems, orderedTargets, orderedLogOdds }: Tensors,
  { items, context, logits }: { items: CompetingVectors; context: Tensor2D; logits: Tensor2D },
): Scalar {
  const positions = orderedItems as Tensor2D;
  const [tasks, count] = positions.shape;
  const vectors = withoutGradient(() => gather(items.output, reshape(positions, [-1])));
  const constant = withoutGradient(() => context.clone());
  const { hybrid, pairs } = networkInputs(constant, reshape(vectors, [tasks, count, -1]) as Tensor3D);
  const ordered = modulations[config.modulation].score(parameters, config, hybrid, pairs);
  const retrieved = withoutGradient(() => atPositions(logits, positions));
  const corrected = sub(add(retrieved, ordered), orderedLogOdds as Tensor) as Tensor2D;
  return crossEntropy(withoutShown(corrected, orderedTargets as Tensor2D), orderedTargets as Tensor2D);
}

/** Returns the elements of each row `[tasks, items]` at its positions `[tasks, count]`. */
function atPositions(rows: Tensor2D, positions: Tensor2D): Tensor2D {
  const [tasks, width] = rows.shape;
  const starts = Array.from({ length: tasks }, (_, task) => task * width);
  const flat = add(positions, tensor2d(starts, [tasks, 1], 'int32'));
  return gather(reshape(rows, [tasks * width]) as Tensor, flat) as Tensor2D;
}
