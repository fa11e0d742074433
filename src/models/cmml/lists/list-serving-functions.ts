import { add, cast, gather, reshape, slice, squeeze, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import type { FunctionDefinition, Signature, Tensors } from '../../../engine/engine.ts';
import { type EntityKind, type FeatureSchema, slotsOf } from '../../../features/feature-schema.ts';
import type { FeatureTensors } from '../../embedding/feature-embedding.ts';
import { perPair } from '../../layers.ts';
import { checkParameters } from '../../parameter-declarations.ts';
import type { ListScope, ModelArtifact } from '../../recommender.ts';
import { type ServingFunction, tensorOf } from '../../serving-function.ts';
import { modulations } from '../modulations.ts';
import { itemFactors } from './closed-form-head.ts';
import { ratedPairs } from './feedback-gates.ts';
import { hasIds, itemInputs, itemVectors, itemWidth, joinItem, profileSize, splitItem } from './item-vectors.ts';
import { type ListConfig, parseListConfig } from './list-config.ts';
import {
  declareList,
  foldPairs,
  frozenParameters,
  listStateWidth,
  networkInputs,
  ordersAgain,
  reshapeOneTask,
  retrievalTask,
  retrievalTaskOfPairs,
  type ScorableTask,
  scoreItems,
  scoreParts,
} from './list-network.ts';
import { opinionPairsOf, opinionPairsSignature, pairsOf, pairsSignature } from './pair-signature.ts';
import { predictedRatings, predictsRatings, ratingStateWidth, ratingSums } from './rating-head.ts';
import { profileVectors } from './task-vector.ts';

export type ListRole = 'embedItems' | 'fold' | 'score' | 'scoreInPool' | 'explain' | 'explainInPool';

/**
 * The functions of a model that ranks the catalog. Those with the suffix `InPool` are for lists of a pool, without
 * leans.
 */
export type ListServingFunctions = Readonly<Record<ListRole, FunctionDefinition>> & {
  /** Absent if a network orders again what the inner product retrieves. */
  readonly taskVector?: FunctionDefinition;
  readonly taskVectorInPool?: FunctionDefinition;
  /** Without user features there is nothing to embed of a user. */
  readonly embedUsers?: FunctionDefinition;
  /** The functions of the rating head, if there is one. */
  readonly foldRatings?: FunctionDefinition;
  readonly predict?: FunctionDefinition;
};

/**
 * Returns the functions that such a CMML model serves with, ready to compile or to export. Throws INVALID_CONFIGURATION
 * if the artifact's configuration is invalid, and INVALID_DATA if its parameters do not match that configuration.
 */
export function listServingFunctions({ config: input, schema, parameters }: ModelArtifact): ListServingFunctions {
  const config = parseListConfig(input);
  const inPool = withoutLeans(config);
  checkParameters(declareList(config, schema), parameters);
  return {
    ...(profileSize(schema).rows > 0 && { embedUsers: { ...embedUsersFunction(schema), parameters } }),
    embedItems: { ...embedItemsFunction(config, schema), parameters },
    fold: { ...foldFunction(config), parameters },
    score: { ...scoreFunction(config), parameters },
    scoreInPool: { ...scoreFunction(inPool), parameters },
    ...(!ordersAgain(config) && {
      taskVector: { ...taskVectorFunction(config), parameters },
      taskVectorInPool: { ...taskVectorFunction(inPool), parameters },
    }),
    explain: { ...explainFunction(config), parameters },
    explainInPool: { ...explainFunction(inPool), parameters },
    ...(predictsRatings(config) && {
      foldRatings: { ...foldRatingsFunction(config), parameters },
      predict: { ...predictFunction(config), parameters },
    }),
  };
}

/**
 * Lists of a pool do not lean away from popular items. The leans bring up what a user may like among thousands of
 * items. In a pool, the user sees most of the items anyway.
 */
function withoutLeans(config: ListConfig): ListConfig {
  return { ...config, novelty: 0, rarity: 0 };
}

/** Returns the vectors of users' features, `embeddings` `[rows, vectorWidth]`. */
function embedUsersFunction(schema: FeatureSchema): ServingFunction {
  return {
    inputs: featureInputs(schema, 'user'),
    fn(parameters, { indices, weights }) {
      const { slots } = profileSize(schema);
      const features = (all: Tensor | undefined) => slice(all as Tensor2D, [0, 0], [-1, slots]);
      return { embeddings: profileVectors(parameters, { indices: features(indices), weights: features(weights) }) };
    },
  };
}

/** Returns everything that the model keeps of an item, `embeddings` `[rows, itemWidth]`. */
function embedItemsFunction(config: ListConfig, schema: FeatureSchema): ServingFunction {
  return {
    inputs: featureInputs(schema, 'item'),
    fn(parameters, inputs) {
      const encoded = itemInputs(schema, inputs as unknown as FeatureTensors);
      const factors = config.closedForm.width > 0 ? itemFactors(parameters, encoded) : undefined;
      const ids = hasIds(config) ? (cast(reshape(encoded.ids, [-1, 1]), 'float32') as Tensor2D) : undefined;
      const popularity = gather(parameters[frozenParameters.popularity] as Tensor, encoded.ids) as Tensor2D;
      return { embeddings: joinItem({ ...itemVectors(parameters, encoded), popularity, factors, ids }) };
    },
  };
}

function featureInputs(schema: FeatureSchema, entity: EntityKind): Signature {
  const slots = slotsOf(schema, entity);
  return { indices: tensorOf('int32', 'rows', slots), weights: tensorOf('float32', 'rows', slots) };
}

/**
 * Folds the pairs of a support set into `state` and returns the new state as `folded`. The closed-form head reads
 * `confidence` and `opinion`, see `changeOpinions`.
 */
function foldFunction(config: ListConfig): ServingFunction {
  return {
    inputs: { state: tensorOf('float32', listStateWidth(config)), ...opinionPairsSignature(config) },
    fn(parameters, inputs) {
      const folded = foldPairs(parameters, config, stateOf(inputs), opinionPairsOf(config, inputs));
      return { folded: squeeze(folded, [0]) };
    },
  };
}

/** Returns one user's `scores` `[items]` for candidate items, from a folded state. */
function scoreFunction(config: ListConfig): ServingFunction {
  return {
    inputs: scoredInputs(config),
    fn(parameters, inputs) {
      const { task, items } = taskInputs(inputs);
      return { scores: squeeze(scoreItems(parameters, config, task, splitItem(config, items)), [1]) };
    },
  };
}

/** Returns the `vector` `[retrievalWidth]` of a task, from a folded state. A score is its product with an item's. */
function taskVectorFunction(config: ListConfig): ServingFunction {
  const { items: _, ...inputs } = scoredInputs(config);
  return {
    inputs,
    fn: (parameters, given) => ({ vector: squeeze(retrievalTask(parameters, config, taskOf(given)), [0]) }),
  };
}

/**
 * Returns functions that compute the `vector` `[1, retrievalWidth]` of a task from all of its pairs, like `fold` and
 * `taskVector` one after the other, in less time than the two. Throws like `listServingFunctions`.
 */
export function vectorsOfPairsFunctions({
  config: input,
  parameters,
}: ModelArtifact): Record<ListScope, FunctionDefinition> {
  const config = parseListConfig(input);
  const of = (scoped: ListConfig): FunctionDefinition => ({
    parameters,
    inputs: {
      ...opinionPairsSignature(config),
      count: tensorOf('float32', 1, 1),
      user: tensorOf('float32', 1, config.vectorWidth),
    },
    fn(constants, inputs) {
      const task = { count: inputs.count as Tensor2D, profile: inputs.user as Tensor2D };
      return { vector: retrievalTaskOfPairs(constants, scoped, opinionPairsOf(config, inputs), task) };
    },
  });
  return { catalog: of(config), pool: of(withoutLeans(config)) };
}

/** Folds the ratings of a support set into the `state` of the rating head and returns the new state as `folded`. */
function foldRatingsFunction(config: ListConfig): ServingFunction {
  return {
    inputs: { state: tensorOf('float32', ratingStateWidth(config)), ...pairsSignature(config) },
    fn(parameters, inputs) {
      const pairs = pairsOf(config, inputs);
      const { items, labels } = pairs;
      const sums = ratingSums(parameters, config, {
        ids: items.ids as Tensor2D,
        rated: ratedPairs(config, pairs),
        labels,
      });
      return { folded: squeeze(add(stateOf(inputs), sums), [0]) };
    },
  };
}

/** Returns one user's predicted `ratings` `[items]` of items, from a folded state of the rating head. */
function predictFunction(config: ListConfig): ServingFunction {
  return {
    inputs: {
      state: tensorOf('float32', ratingStateWidth(config)),
      items: tensorOf('float32', 'items', itemWidth(config)),
    },
    fn(parameters, inputs) {
      const { ids } = splitItem(config, inputs.items as Tensor2D);
      return { ratings: squeeze(predictedRatings(parameters, config, stateOf(inputs), ids as Tensor2D), [1]) };
    },
  };
}

function stateOf({ state }: Tensors): Tensor2D {
  return reshape(state as Tensor, [1, -1]) as Tensor2D;
}

/**
 * Returns what the scores of candidate items are made of, `[items, …]`. `context` is the task vector, the same for
 * every item. With the modulation `linear`, a score is `Σ weight · hidden + bias` (CMML eq. 9): `weight` is the context
 * and `hidden` the item's vector. With the others, what the modulation reports; its inputs are the item's vector and
 * the hybrid context. `closedForm` is the part of the closed-form head, and `retrieved` the rest of the score before
 * the network.
 */
function explainFunction(config: ListConfig): ServingFunction {
  return {
    inputs: scoredInputs(config),
    fn(parameters, inputs) {
      const { task, items: embedded } = taskInputs(inputs);
      const items = splitItem(config, embedded);
      const parts = scoreParts(parameters, config, task, items);
      const [count] = embedded.shape;
      const context = squeeze(perPair(reshape(parts.context, [1, 1, -1]), count), [0]) as Tensor2D;
      const bias = add(parts.bias, parts.popularity);
      const closedForm = parts.closedForm && { closedForm: squeeze(parts.closedForm, [1]) };
      if (!ordersAgain(config)) return { context, weight: context, hidden: items.output, bias, ...closedForm };
      const { hybrid, pairs } = networkInputs(parts.context, reshapeOneTask(items.output));
      const explained = modulations[config.modulation].explain(parameters, config, hybrid, pairs);
      return { ...ofOneTask(explained), context, retrieved: squeeze(add(parts.product, bias), [1]), ...closedForm };
    },
  };
}

function ofOneTask(explained: Tensors): Tensors {
  return Object.fromEntries(
    Object.entries(explained).map(([name, tensor]) => [name, reshape(tensor, tensor.shape.slice(1))]),
  );
}

function scoredInputs(config: ListConfig) {
  return {
    state: tensorOf('float32', listStateWidth(config)),
    count: tensorOf('float32'),
    user: tensorOf('float32', config.vectorWidth),
    items: tensorOf('float32', 'items', itemWidth(config)),
  };
}

function taskInputs(inputs: Tensors): { task: ScorableTask; items: Tensor2D } {
  return { task: taskOf(inputs), items: inputs.items as Tensor2D };
}

function taskOf({ state, count, user }: Tensors): ScorableTask {
  const row = (vector: Tensor | undefined) => reshape(vector as Tensor, [1, (vector as Tensor).size]) as Tensor2D;
  return { state: row(state), count: row(count), profile: row(user) };
}
