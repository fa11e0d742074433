import { add, reshape, squeeze, type Tensor, type Tensor1D, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import type { FunctionDefinition, Signature } from '../../engine/engine.ts';
import type { FeatureSchema } from '../../features/feature-schema.ts';
import { embedFunction } from '../embedding/embed-function.ts';
import { embeddedWidth } from '../embedding/entity-embedding.ts';
import { pairParts } from '../embedding/pair-embedding.ts';
import type { FoldingRole } from '../folding-recommender.ts';
import type { Parts } from '../layers.ts';
import { checkParameters } from '../parameter-declarations.ts';
import type { ModelArtifact } from '../recommender.ts';
import { type ServingFunction, tensorOf } from '../serving-function.ts';
import type { PairSums } from './pair-encoder.ts';
import { parseTanpConfig, type TanpConfig } from './tanp-config.ts';
import { declareTanp, explainPairs, joinSums, scorePairs, splitSums, stateWidth, sumPairs } from './tanp-network.ts';

/**
 * Returns the functions that a TaNP model serves with, ready to compile or to export. Throws INVALID_CONFIGURATION if
 * the artifact's configuration is invalid, and INVALID_DATA if its parameters do not match that configuration.
 */
export function tanpServingFunctions({
  config: input,
  schema,
  parameters,
}: ModelArtifact): Record<FoldingRole, FunctionDefinition> {
  const config = parseTanpConfig(input);
  checkParameters(declareTanp(config, schema), parameters);
  return {
    embedUsers: { ...embedFunction(config, schema, 'user'), parameters },
    embedItems: { ...embedFunction(config, schema, 'item'), parameters },
    fold: { ...foldFunction(config, schema), parameters },
    score: { ...scoreFunction(config, schema), parameters },
    explain: { ...explainFunction(config, schema), parameters },
  };
}

/**
 * Adds the pairs of one support set to `state` and returns the new state as `folded`. Pairs with mask 0 change nothing.
 */
export function foldFunction(config: TanpConfig, schema: FeatureSchema): ServingFunction {
  return {
    inputs: {
      state: tensorOf('float32', stateWidth(config)),
      users: tensorOf('float32', 'pairs', embeddedWidth(config, schema, 'user')),
      items: tensorOf('float32', 'pairs', embeddedWidth(config, schema, 'item')),
      labels: tensorOf('float32', 'pairs'),
      mask: tensorOf('float32', 'pairs'),
    },
    fn(parameters, inputs) {
      const { state, users, items, labels, mask } = inputs as unknown as FoldInputs;
      const sums = sumPairs(parameters, config, {
        pairs: pairParts(config, ofOneTask(users), ofOneTask(items)),
        labels: reshape(labels, [1, labels.size]) as Tensor2D,
        mask: reshape(mask, [1, mask.size]) as Tensor2D,
      });
      return { folded: add(state, reshape(joinSums(sums), state.shape)) };
    },
  };
}

/** Returns one user's `scores` `[items]` for candidate items, from a state and the number of its pairs. */
export function scoreFunction(config: TanpConfig, schema: FeatureSchema): ServingFunction {
  return {
    inputs: scoredInputs(config, schema),
    fn(parameters, inputs) {
      const { support, pairs } = pairsOfUser(config, inputs as unknown as ScoreInputs);
      return { scores: squeeze(scorePairs(parameters, config, support, pairs), [0]) };
    },
  };
}

/**
 * Returns what the model knows of one user's task, by name, repeated for each candidate item, `[items, …]`; see
 * `explainPairs`. The inputs are those of `scoreFunction`.
 */
export function explainFunction(config: TanpConfig, schema: FeatureSchema): ServingFunction {
  return {
    inputs: scoredInputs(config, schema),
    fn(parameters, inputs) {
      const { support, pairs } = pairsOfUser(config, inputs as unknown as ScoreInputs);
      const explained = Object.entries(explainPairs(parameters, config, support, pairs));
      return Object.fromEntries(explained.map(([name, tensor]) => [name, reshape(tensor, tensor.shape.slice(1))]));
    },
  };
}

interface FoldInputs {
  readonly state: Tensor1D;
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

function scoredInputs(config: TanpConfig, schema: FeatureSchema): Signature {
  return {
    state: tensorOf('float32', stateWidth(config)),
    count: tensorOf('float32'),
    user: tensorOf('float32', embeddedWidth(config, schema, 'user')),
    items: tensorOf('float32', 'items', embeddedWidth(config, schema, 'item')),
  };
}

/** The user is a part that all pairs share, so operations that read only the user run once. */
function pairsOfUser(
  config: TanpConfig,
  { state, count, user, items }: ScoreInputs,
): { support: PairSums; pairs: Parts } {
  const pairs = pairParts(config, reshape(user, [1, 1, user.size]) as Tensor3D, ofOneTask(items));
  const support = splitSums(config, reshape(state, [1, 1, state.size]), reshape(count, [1, 1, 1]));
  return { support, pairs };
}

function ofOneTask(rows: Tensor2D): Tensor3D {
  return reshape(rows, [1, ...rows.shape]);
}
