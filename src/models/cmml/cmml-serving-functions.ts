import { reshape, squeeze, type Tensor, type Tensor1D, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import type { FunctionDefinition, Signature, Tensors } from '../../engine/engine.ts';
import type { FeatureSchema } from '../../features/feature-schema.ts';
import { embedFunction } from '../embedding/embed-function.ts';
import { embeddedWidth } from '../embedding/entity-embedding.ts';
import { pairParts } from '../embedding/pair-embedding.ts';
import type { Parts } from '../layers.ts';
import { checkParameters } from '../parameter-declarations.ts';
import type { ModelArtifact } from '../recommender.ts';
import { type ServingFunction, tensorOf } from '../serving-function.ts';
import { type CmmlConfig, parseCmmlConfig } from './cmml-config.ts';
import { declareCmml, explainPairs, scorePairs } from './cmml-network.ts';
import type { Folded } from './context-encoder.ts';
import { absentPrior } from './ridge-head.ts';
import { foldSupport, pairsPerFold, stateWidth, type TaskContext, taskContext } from './task-context.ts';

export type ServingRole = 'embedUsers' | 'embedItems' | 'fold' | 'score' | 'explain';

/**
 * Returns the functions that a CMML model serves with, ready to compile or to export. Throws INVALID_CONFIGURATION if
 * the artifact's configuration is invalid, and INVALID_DATA if its parameters do not match that configuration.
 */
export function cmmlServingFunctions({
  config: input,
  schema,
  parameters: given,
}: ModelArtifact): Record<ServingRole, FunctionDefinition> {
  const config = parseCmmlConfig(input);
  const parameters = { ...absentPrior(config.ridgeWidth), ...given };
  checkParameters(declareCmml(config, schema), parameters);
  return {
    embedUsers: { ...embedFunction(config, schema, 'user'), parameters },
    embedItems: { ...embedFunction(config, schema, 'item'), parameters },
    fold: { ...foldFunction(config, schema), parameters },
    score: { ...scoreFunction(config, schema), parameters },
    explain: { ...explainFunction(config, schema), parameters },
  };
}

/**
 * Folds the pairs of one support set into `state` and returns the new state as `folded`. Pairs with mask 0 change
 * nothing. They are padding if the number of pairs is fixed.
 */
export function foldFunction(config: CmmlConfig, schema: FeatureSchema): ServingFunction {
  const pairs = pairsPerFold(config);
  return {
    inputs: {
      ...foldedInputs(config, schema),
      users: tensorOf('float32', pairs, embeddedWidth(config, schema, 'user')),
      items: tensorOf('float32', pairs, embeddedWidth(config, schema, 'item')),
      labels: tensorOf('float32', pairs),
      mask: tensorOf('float32', pairs),
    },
    fn(parameters, inputs) {
      const { state, count, users, items, labels, mask } = inputs as unknown as FoldInputs;
      const support = {
        pairs: pairParts(config, ofOneTask(users), ofOneTask(items)),
        labels: reshape(labels, [1, labels.size]) as Tensor2D,
        mask: reshape(mask, [1, mask.size]) as Tensor2D,
      };
      const folded = foldSupport(parameters, config, foldedOf(state, count), support);
      return { folded: reshape(folded.state, state.shape) };
    },
  };
}

/** Returns one user's `scores` `[items]` for candidate items, from a folded state. */
export function scoreFunction(config: CmmlConfig, schema: FeatureSchema): ServingFunction {
  return {
    inputs: scoredInputs(config, schema),
    fn(parameters, inputs) {
      const { task, pairs } = pairsOfUser(parameters, config, inputs as unknown as ScoreInputs);
      return { scores: squeeze(scorePairs(parameters, config, task, pairs), [0]) };
    },
  };
}

/**
 * Returns how the modulation changes the network for each candidate item of one user, by name, `[items, …]`; see
 * `explainPairs` and the modulations. The inputs are those of `scoreFunction`.
 */
export function explainFunction(config: CmmlConfig, schema: FeatureSchema): ServingFunction {
  return {
    inputs: scoredInputs(config, schema),
    fn(parameters, inputs) {
      const { task, pairs } = pairsOfUser(parameters, config, inputs as unknown as ScoreInputs);
      const explained = Object.entries(explainPairs(parameters, config, task, pairs));
      return Object.fromEntries(explained.map(([name, tensor]) => [name, reshape(tensor, tensor.shape.slice(1))]));
    },
  };
}

interface FoldInputs {
  readonly state: Tensor1D;
  readonly count: Tensor;
  readonly users: Tensor2D;
  readonly items: Tensor2D;
  readonly labels: Tensor1D;
  readonly mask: Tensor1D;
}

interface ScoreInputs {
  readonly state: Tensor1D;
  readonly count: Tensor;
  readonly user: Tensor1D;
  readonly items: Tensor2D;
}

function foldedInputs(config: CmmlConfig, schema: FeatureSchema): Signature {
  return { state: tensorOf('float32', stateWidth(config, schema)), count: tensorOf('float32') };
}

function scoredInputs(config: CmmlConfig, schema: FeatureSchema): Signature {
  return {
    ...foldedInputs(config, schema),
    user: tensorOf('float32', embeddedWidth(config, schema, 'user')),
    items: tensorOf('float32', 'items', embeddedWidth(config, schema, 'item')),
  };
}

/** The user is a part that all pairs share, so operations that read only the user run once. */
function pairsOfUser(
  parameters: Tensors,
  config: CmmlConfig,
  { state, count, user, items }: ScoreInputs,
): { task: TaskContext; pairs: Parts } {
  const pairs = pairParts(config, reshape(user, [1, 1, user.size]) as Tensor3D, ofOneTask(items));
  return { task: taskContext(parameters, config, foldedOf(state, count)), pairs };
}

function foldedOf(state: Tensor1D, count: Tensor): Folded {
  return { state: reshape(state, [1, 1, state.size]), count: reshape(count, [1, 1, 1]) };
}

function ofOneTask(rows: Tensor2D): Tensor3D {
  return reshape(rows, [1, ...rows.shape]);
}
