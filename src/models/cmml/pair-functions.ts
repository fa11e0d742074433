import { reshape, squeeze, type Tensor1D, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import type { Signature, Tensors } from '../../engine/engine.ts';
import type { FeatureSchema } from '../../features/feature-schema.ts';
import { embeddedWidth } from '../embedding/entity-embedding.ts';
import { pairParts } from '../embedding/pair-embedding.ts';
import { type ServingFunction, tensorOf } from '../serving-function.ts';
import type { CmmlConfig } from './cmml-config.ts';
import { explainPairs, scorePairs } from './cmml-network.ts';
import type { TaskContext } from './task-context.ts';

/** What functions of pairs are given of a task, and how it becomes the context of that task. */
export interface ContextSource {
  readonly inputs: Signature;
  contextOf(parameters: Tensors, inputs: Tensors): TaskContext;
}

/** Returns the function that computes one user's `scores` `[items]` for candidate items. */
export function scoreFunction(config: CmmlConfig, schema: FeatureSchema, source: ContextSource): ServingFunction {
  return pairFunction(config, schema, source, (...given) => ({ scores: squeeze(scorePairs(...given), [0]) }));
}

/**
 * Returns the function that tells how the modulation changes the network for each candidate item of one user, by name,
 * `[items, …]`; see `explainPairs` and the modulations. The inputs are those of `scoreFunction`.
 */
export function explainFunction(config: CmmlConfig, schema: FeatureSchema, source: ContextSource): ServingFunction {
  return pairFunction(config, schema, source, (...given) => {
    const explained = Object.entries(explainPairs(...given));
    return Object.fromEntries(explained.map(([name, tensor]) => [name, reshape(tensor, tensor.shape.slice(1))]));
  });
}

/** The user is a part that all pairs share, so operations that read only the user run once. */
function pairFunction(
  config: CmmlConfig,
  schema: FeatureSchema,
  { inputs: ofTask, contextOf }: ContextSource,
  compute: (...given: Parameters<typeof scorePairs>) => Tensors,
): ServingFunction {
  return {
    inputs: {
      ...ofTask,
      user: tensorOf('float32', embeddedWidth(config, schema, 'user')),
      items: tensorOf('float32', 'items', embeddedWidth(config, schema, 'item')),
    },
    fn(parameters, inputs) {
      const { user, items } = inputs as unknown as PairInputs;
      const ofUser: Tensor3D = reshape(user, [1, 1, user.size]);
      const pairs = pairParts(config, ofUser, reshape(items, [1, ...items.shape]));
      return compute(parameters, config, contextOf(parameters, inputs), pairs);
    },
  };
}

interface PairInputs {
  readonly user: Tensor1D;
  readonly items: Tensor2D;
}
