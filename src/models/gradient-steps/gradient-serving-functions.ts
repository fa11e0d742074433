import {
  add,
  mul,
  reshape,
  squeeze,
  sub,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import type { FunctionDefinition, HostTensors, Signature, Tensors } from '../../engine/engine.ts';
import type { EntityKind, FeatureSchema } from '../../features/feature-schema.ts';
import { embedFunction } from '../embedding/embed-function.ts';
import type { EmbeddingConfig } from '../embedding/embedding-config.ts';
import type { FeatureTensors } from '../embedding/feature-embedding.ts';
import { type ServingFunction, tensorOf } from '../serving-function.ts';
import { comparableMask } from './comparable-mask.ts';
import type { TaskNetworkConfig } from './task-network.ts';
import { type StateLayout, stateWidth, unpackState } from './task-state.ts';

export type GradientServingRole = 'embedUsers' | 'embedItems' | 'adapt' | 'score' | 'explain';

/** The users and the items of pairs as the model reads them, `[1, pairs, userWidth]` and `[1, pairs, itemWidth]`. */
export interface PairRows {
  readonly users: Tensor3D;
  readonly items: Tensor3D;
}

/** The support pairs of one task. Labels and mask are `[1, places]`. */
export interface SupportRows extends PairRows {
  readonly labels: Tensor2D;
  readonly mask: Tensor2D;
}

/** How a kind of model adapts to one task. Its steps make a vector `[1, adaptedWidth]`. */
export interface GradientMethod {
  readonly config: TaskNetworkConfig & EmbeddingConfig;
  readonly schema: FeatureSchema;
  readonly layout: StateLayout;
  /** Returns encoded features as the rows that the model reads, `[rows, userWidth]` or `[rows, itemWidth]`. */
  readonly rows: (parameters: Tensors, entity: EntityKind, features: FeatureTensors) => Tensor2D;
  /** Returns what a task without support pairs starts from. */
  readonly start: (parameters: Tensors) => Tensor2D;
  readonly adapt: (parameters: Tensors, support: SupportRows) => Tensor2D;
  /** Returns the scores of pairs, `[1, pairs]`. A single user stands for all pairs. */
  readonly score: (parameters: Tensors, adapted: Tensor2D, support: PairRows, pairs: PairRows) => Tensor2D;
  /** Returns what else explanations tell of a task, each `[1]`. */
  readonly details?: (adapted: Tensor2D) => Readonly<Record<string, Tensor1D>>;
}

/** Returns the functions that a model serves with, see `GradientModel`. */
export function gradientServingFunctions(
  method: GradientMethod,
  parameters: HostTensors,
): Record<GradientServingRole, FunctionDefinition> {
  return {
    embedUsers: { ...rowsFunction(method, 'user'), parameters },
    embedItems: { ...rowsFunction(method, 'item'), parameters },
    adapt: { ...adaptFunction(method.layout, comparing(method)), parameters },
    score: { ...scoreFunction(method), parameters },
    explain: { ...explainFunction(method), parameters },
  };
}

/** Returns the function that embeds encoded features as `embeddings`, one row per user or item. */
function rowsFunction({ config, schema, rows }: GradientMethod, entity: EntityKind): ServingFunction {
  return {
    ...embedFunction(config, schema, entity),
    fn: (parameters, features) => ({ embeddings: rows(parameters, entity, features as unknown as FeatureTensors) }),
  };
}

/** Leaves out pairs that the objective cannot compare. */
function comparing({ config, adapt }: GradientMethod): GradientMethod['adapt'] {
  return (parameters, support) => adapt(parameters, { ...support, mask: comparableMask(config, support.mask) });
}

/** Returns the function that gives what `adapt` makes of a support set as `adapted` `[adaptedWidth]`. */
export function adaptFunction(
  { places, userWidth, itemWidth }: StateLayout,
  adapt: GradientMethod['adapt'],
): ServingFunction {
  return {
    inputs: {
      users: tensorOf('float32', places, userWidth),
      items: tensorOf('float32', places, itemWidth),
      labels: tensorOf('float32', places),
      mask: tensorOf('float32', places),
    },
    fn(parameters, inputs) {
      const { users, items, labels, mask } = inputs as Record<'users' | 'items' | 'labels' | 'mask', Tensor>;
      const adapted = adapt(parameters, {
        users: ofOneTask<Tensor3D>(users),
        items: ofOneTask<Tensor3D>(items),
        labels: ofOneTask<Tensor2D>(labels),
        mask: ofOneTask<Tensor2D>(mask),
      });
      return { adapted: squeeze(adapted, [0]) };
    },
  };
}

/** Returns one user's `scores` `[items]` for candidate items after the steps in `state`. */
function scoreFunction(method: GradientMethod): ServingFunction {
  return {
    inputs: scoredInputs(method),
    fn(parameters, inputs) {
      const { adapted, support, pairs } = scoredOf(method, inputs);
      return { scores: squeeze(method.score(parameters, adapted, support, pairs), [0]) };
    },
  };
}

/**
 * Returns the score of each item before the steps on the task, `start`, and what the steps changed, `change`, both
 * `[items]`. Their sum is the score. The details of a task are the same for all items.
 */
function explainFunction(method: GradientMethod): ServingFunction {
  return {
    inputs: scoredInputs(method),
    fn(parameters, inputs) {
      const { adapted, support, pairs } = scoredOf(method, inputs);
      const start = method.score(parameters, method.start(parameters), support, pairs);
      const score = method.score(parameters, adapted, support, pairs);
      const change = squeeze<Tensor1D>(sub(score, start), [0]);
      const details = Object.entries(method.details?.(adapted) ?? {});
      const ofEachItem = details.map(([name, detail]) => [name, add(mul(change, 0), detail)] as const);
      return { start: squeeze(start, [0]), change, ...Object.fromEntries(ofEachItem) };
    },
  };
}

function scoredInputs({ layout }: GradientMethod): Signature {
  return {
    state: tensorOf('float32', stateWidth(layout)),
    user: tensorOf('float32', layout.userWidth),
    items: tensorOf('float32', 'items', layout.itemWidth),
  };
}

function scoredOf({ layout }: GradientMethod, inputs: Tensors) {
  const { state, user, items } = inputs as Record<'state' | 'user' | 'items', Tensor>;
  const { adapted, ...support } = unpackState(layout, state as Tensor1D);
  const users = reshape(user, [1, 1, layout.userWidth]) as Tensor3D;
  return { adapted, support, pairs: { users, items: ofOneTask<Tensor3D>(items) } };
}

function ofOneTask<T extends Tensor>(tensor: Tensor): T {
  return reshape(tensor, [1, ...tensor.shape]) as T;
}
