import {
  div,
  maximum,
  mul,
  reshape,
  type Scalar,
  step,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import type { Signature, Tensors } from '../engine/engine.ts';
import type { EntityKind, FeatureSchema } from '../features/feature-schema.ts';
import type { EmbeddingConfig } from './embedding/embedding-config.ts';
import { embedRows } from './embedding/entity-embedding.ts';
import { pairParts } from './embedding/pair-embedding.ts';
import type { Parts } from './layers.ts';
import { type ObjectiveKind, objectives } from './objectives.ts';

/** The number of tasks in a batch, and the number of places for support and query pairs of each task. */
export interface BatchSize {
  readonly tasks: number;
  readonly support: number;
  readonly query: number;
  /** Whether users have one row per pair, `[tasks, support]` or `[tasks, query]`, or one row per task, `[tasks]`. */
  readonly userPerPair: boolean;
}

/**
 * Returns the inputs of one batch. Users and items are rows of `embeddingConstants`. Masks are 1 for a pair and 0 for
 * padding. A task without query pairs is padding.
 */
export function episodeInputs({ support, query, ...size }: BatchSize): Signature {
  return { ...pairInputs('support', size, support), ...pairInputs('query', size, query) };
}

/** The sets of pairs in a batch. `source` are pairs of no task, for models that also learn from another domain. */
export type PairSet = 'support' | 'query' | 'source';

/** Returns the inputs of one set of pairs, see `episodeInputs`. */
export function pairInputs(
  set: PairSet,
  { tasks, userPerPair }: Pick<BatchSize, 'tasks' | 'userPerPair'>,
  places: number,
): Signature {
  const shape = [tasks, places];
  return {
    [`${set}Users`]: { dtype: 'int32', shape: userPerPair ? shape : [tasks] },
    [`${set}Items`]: { dtype: 'int32', shape },
    [`${set}Labels`]: { dtype: 'float32', shape },
    [`${set}Mask`]: { dtype: 'float32', shape },
  };
}

/** One of the sets of a batch. Labels and mask are `[tasks, pairs]`. */
export interface EpisodePairs {
  /** Rows of users, `[tasks]`, or `[tasks, pairs]` if every pair has its own user. */
  readonly users: Tensor1D | Tensor2D;
  /** Rows of items, `[tasks, pairs]`. */
  readonly items: Tensor2D;
  readonly labels: Tensor2D;
  readonly mask: Tensor2D;
}

/** Returns the pairs of a set from the inputs that `pairInputs` declares. */
export function episodePairs(inputs: Tensors, set: PairSet): EpisodePairs {
  const of = <T extends Tensor>(name: string) => inputs[`${set}${name}`] as T;
  return { users: of('Users'), items: of('Items'), labels: of('Labels'), mask: of('Mask') };
}

/** Returns the embedded pairs, see `pairParts`. `inputs` must contain the `embeddingConstants`. */
export function embedPairs(
  parameters: Tensors,
  config: EmbeddingConfig,
  schema: FeatureSchema,
  inputs: Tensors,
  { users, items }: EpisodePairs,
): Parts {
  const embed = (entity: EntityKind, rows: Tensor) =>
    byTask(embedRows(parameters, config, schema, entity, inputs, reshape(rows, [rows.size])), rows);
  return pairParts(config, embed('user', users), embed('item', items));
}

/** Returns `[tasks, pairs, width]` for rows `[tasks, pairs]`, or `[tasks, 1, width]` for rows `[tasks]`. */
function byTask(embedded: Tensor2D, rows: Tensor): Tensor3D {
  const [tasks, pairs = 1] = rows.shape as [number, number?];
  return reshape(embedded, [tasks, pairs, embedded.shape[1]]);
}

/**
 * Returns the loss of the query sets, averaged over the tasks of a batch (CMML eqs. 2 and 3). `scores` are `[tasks,
 * pairs]`. Tasks without query pairs are padding and do not count.
 */
export function episodeLoss(objective: ObjectiveKind, scores: Tensor2D, { labels, mask }: EpisodePairs): Scalar {
  const losses = objectives[objective].loss(scores, labels, mask);
  const counts = step(sum(mask, 1));
  return div(sum(mul(losses, counts)), maximum(sum(counts), 1));
}
