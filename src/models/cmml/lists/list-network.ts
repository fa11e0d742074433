import {
  add,
  concat,
  matMul,
  mul,
  onesLike,
  reshape,
  split,
  sub,
  sum,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  transpose,
} from '@tensorflow/tfjs-core';
import type { Tensors } from '../../../engine/engine.ts';
import type { FeatureSchema } from '../../../features/feature-schema.ts';
import { idRows } from '../../embedding/factor-embedding.ts';
import type { Parts } from '../../layers.ts';
import type { ParameterDeclarations } from '../../parameter-declarations.ts';
import { modulations } from '../modulations.ts';
import {
  declareClosedFormHead,
  headStateWidth,
  headSums,
  type OpinionChanges,
  taskFactors,
} from './closed-form-head.ts';
import { declareFeedbackGates, gatePairs, type PairFeedback } from './feedback-gates.ts';
import { declareItemVectors, type EmbeddedItems } from './item-vectors.ts';
import type { ListConfig } from './list-config.ts';
import { declareRatingHead } from './rating-head.ts';
import {
  declareTaskVector,
  noveltyOf,
  popularityWeights,
  rarityOf,
  type SupportSums,
  taskVectors,
} from './task-vector.ts';

/**
 * The frozen parameters of items, by ID: the standardized logarithm of the item's count, and what one unit of it is in
 * logarithms of counts.
 */
export const frozenParameters = {
  popularity: 'item.popularity',
  popularityDeviation: 'item.popularity.deviation',
} as const;

/** Declares the trained parameters. */
export function declareTrainedList(config: ListConfig, schema: FeatureSchema): ParameterDeclarations {
  const { modulation, vectorWidth } = config;
  return {
    ...declareItemVectors(config, schema),
    ...declareFeedbackGates(config),
    ...declareTaskVector(config, schema),
    ...(ordersAgain(config) && modulations[modulation].declare(config, vectorWidth)),
  };
}

/** Declares all parameters: the trained ones, and those that are computed from the data before training. */
export function declareList(config: ListConfig, schema: FeatureSchema): ParameterDeclarations {
  const { count } = idRows(schema, 'item');
  return {
    ...declareTrainedList(config, schema),
    [frozenParameters.popularity]: { shape: [count, 1], mean: 0, deviation: 0 },
    [frozenParameters.popularityDeviation]: { shape: [1], mean: 0, deviation: 0 },
    ...declareClosedFormHead(config, schema),
    ...declareRatingHead(config, count),
  };
}

/** Returns whether a modulated network orders what the inner product retrieves. */
export function ordersAgain({ modulation }: ListConfig): boolean {
  return modulation !== 'linear';
}

/** The width of a task's state: the sums of the encoded pairs and of their popularity, and those of the head. */
export function listStateWidth(config: ListConfig): number {
  return config.vectorWidth + 1 + headStateWidth(config);
}

/** Embedded items and what a user did with them, one row per pair. */
export interface ListPairs extends PairFeedback {
  readonly items: EmbeddedItems;
  /** What the closed-form head reads of them. Absent without a head. */
  readonly changes: OpinionChanges | undefined;
}

/** Adds pairs to the state `[1, listStateWidth]` of one task. */
export function foldPairs(parameters: Tensors, config: ListConfig, state: Tensor2D, pairs: ListPairs): Tensor2D {
  return add(state, concat(sumsOf(parameters, config, pairs), 1)) as Tensor2D;
}

/** Returns the parts of the state of a task with these pairs, `[1, …]` each. */
function sumsOf(parameters: Tensors, config: ListConfig, pairs: ListPairs): Tensor2D[] {
  const { items, changes } = pairs;
  const gated = gatePairs(parameters, config, items.input, pairs);
  const sums: Tensor[] = [sum(gated, 0, true), sum(items.popularity, 0, true)];
  return [...sums, ...(items.factors && changes ? headSums(items.factors, changes) : [])] as Tensor2D[];
}

/** A task that is ready to score: its state `[1, listStateWidth]`, its number of pairs `[1, 1]`, the user's profile. */
export interface ScorableTask {
  readonly state: Tensor2D;
  readonly count: Tensor2D;
  readonly profile: Tensor2D;
}

/** What a task multiplies the parts of items with. */
interface TaskParts {
  /** `[1, vectorWidth]` */
  readonly context: Tensor2D;
  /** `[1, 1]` */
  readonly popularityWeight: Tensor2D;
  /** The factors of the closed-form head times its scale, `[1, closedForm.width]`. */
  readonly factors: Tensor2D | undefined;
}

/** The parts of the state of a task. */
interface TaskSums {
  readonly sums: SupportSums;
  /** Those of the closed-form head. */
  readonly head: readonly Tensor2D[];
}

function taskParts(parameters: Tensors, config: ListConfig, { sums, head }: TaskSums, profile: Tensor2D): TaskParts {
  return {
    context: taskVectors(parameters, config, sums, profile),
    popularityWeight: popularityWeight(parameters, config, sums),
    factors:
      config.closedForm.width > 0
        ? (mul(taskFactors(parameters, config, head), config.closedForm.scale) as Tensor2D)
        : undefined,
  };
}

/**
 * Returns the vector of a task, `[1, retrievalWidth]`. The sum of the parts of a score is its inner product with the
 * item's vector, see `writeRetrievalVectors`.
 */
export function retrievalTask(parameters: Tensors, config: ListConfig, task: ScorableTask): Tensor2D {
  return joinTask(taskParts(parameters, config, statesOf(config, task), task.profile));
}

/**
 * Returns the same for a task with these pairs and no others, with fewer operators than from its state. `count` is their
 * number, `[1, 1]`.
 */
export function retrievalTaskOfPairs(
  parameters: Tensors,
  config: ListConfig,
  pairs: ListPairs,
  { count, profile }: Pick<ScorableTask, 'count' | 'profile'>,
): Tensor2D {
  const parts = partsOf(sumsOf(parameters, config, pairs), count);
  return joinTask(taskParts(parameters, config, parts, profile));
}

function joinTask({ context, popularityWeight, factors }: TaskParts): Tensor2D {
  return concat([context, onesLike(popularityWeight), popularityWeight, ...(factors ? [factors] : [])], 1);
}

/** What a score is made of, `[items, 1]` each, and the context of the task, `[1, vectorWidth]`. */
export interface ScoreParts {
  readonly context: Tensor2D;
  readonly product: Tensor2D;
  readonly bias: Tensor2D;
  readonly popularity: Tensor2D;
  readonly closedForm: Tensor2D | undefined;
}

/** Returns the parts of the inner product of a task's vector and the items' vectors. Their sum is the score. */
export function scoreParts(
  parameters: Tensors,
  config: ListConfig,
  task: ScorableTask,
  items: EmbeddedItems,
): ScoreParts {
  const { context, popularityWeight, factors } = taskParts(parameters, config, statesOf(config, task), task.profile);
  const column = (vector: Tensor2D) => transpose(vector) as Tensor2D;
  return {
    context,
    product: matMul(items.output, column(context)),
    bias: items.bias,
    popularity: mul(items.popularity, popularityWeight),
    closedForm: items.factors && factors && (matMul(items.factors, column(factors)) as Tensor2D),
  };
}

/** Returns the score of each item, `[items, 1]`. */
export function scoreItems(
  parameters: Tensors,
  config: ListConfig,
  task: ScorableTask,
  items: EmbeddedItems,
): Tensor2D {
  const parts = scoreParts(parameters, config, task, items);
  const added = [parts.bias, parts.popularity, ...(parts.closedForm ? [parts.closedForm] : [])];
  const retrieved = added.reduce<Tensor>((total, part) => add(total, part), parts.product);
  if (!ordersAgain(config)) return retrieved as Tensor2D;
  const { hybrid, pairs } = networkInputs(parts.context, reshapeOneTask(items.output));
  const ordered = modulations[config.modulation].score(parameters, config, hybrid, pairs);
  return add(retrieved, transpose(ordered)) as Tensor2D;
}

/**
 * Returns the inputs of the modulated network: hybrid contexts (CMML eq. 8) and items, `[tasks, items, vectorWidth]`.
 */
export function networkInputs(context: Tensor2D, items: Tensor3D): { hybrid: Parts; pairs: Parts } {
  const [tasks, width] = context.shape;
  return { hybrid: [mul(items, reshape(context, [tasks, 1, width])) as Tensor3D], pairs: [items] };
}

/** Reshapes `[items, width]` to `[1, items, width]`. */
export function reshapeOneTask(rows: Tensor2D): Tensor3D {
  return reshape(rows, [1, ...rows.shape]);
}

function popularityWeight(parameters: Tensors, config: ListConfig, sums: SupportSums): Tensor2D {
  const lean = mul(
    add(noveltyOf(config, sums.count), rarityOf(config, sums)),
    parameters[frozenParameters.popularityDeviation] as Tensor,
  );
  return sub(popularityWeights(parameters, sums), lean) as Tensor2D;
}

function statesOf(config: ListConfig, { state, count }: ScorableTask): TaskSums {
  const { vectorWidth, closedForm } = config;
  const headWidths = closedForm.width > 0 ? [closedForm.width ** 2, closedForm.width, 1] : [];
  return partsOf(split(state, [vectorWidth, 1, ...headWidths], 1) as Tensor2D[], count);
}

function partsOf([vector, popularity, ...head]: readonly Tensor2D[], count: Tensor2D): TaskSums {
  return { sums: { vector: vector as Tensor2D, popularity: popularity as Tensor2D, count }, head };
}
