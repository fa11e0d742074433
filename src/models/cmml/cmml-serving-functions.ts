import { reshape, type Tensor, type Tensor1D, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import type { FunctionDefinition, HostTensors, Signature } from '../../engine/engine.ts';
import type { FeatureSchema } from '../../features/feature-schema.ts';
import { embedFunction } from '../embedding/embed-function.ts';
import { embeddedWidth } from '../embedding/entity-embedding.ts';
import { pairParts } from '../embedding/pair-embedding.ts';
import type { FoldingRole } from '../folding-recommender.ts';
import { checkParameters } from '../parameter-declarations.ts';
import type { ModelArtifact } from '../recommender.ts';
import { type ServingFunction, tensorOf } from '../serving-function.ts';
import { type CmmlConfig, parseCmmlConfig } from './cmml-config.ts';
import { declareCmml } from './cmml-network.ts';
import type { Folded } from './context-encoder.ts';
import { type ContextSource, explainFunction, scoreFunction } from './pair-functions.ts';
import { absentPrior } from './ridge-head.ts';
import { foldSupport, pairsPerFold, stateWidth, taskContext } from './task-context.ts';

/**
 * Returns the functions that a CMML model serves with, ready to compile or to export. Throws INVALID_CONFIGURATION if
 * the artifact's configuration is invalid, and INVALID_DATA if its parameters do not match that configuration.
 */
export function cmmlServingFunctions({
  config: input,
  schema,
  parameters: given,
}: ModelArtifact): Record<FoldingRole, FunctionDefinition> {
  const config = parseCmmlConfig(input);
  const parameters = checkedParameters(config, schema, given);
  const source = foldedContext(config, schema);
  return {
    embedUsers: { ...embedFunction(config, schema, 'user'), parameters },
    embedItems: { ...embedFunction(config, schema, 'item'), parameters },
    fold: { ...foldFunction(config, schema), parameters },
    score: { ...scoreFunction(config, schema, source), parameters },
    explain: { ...explainFunction(config, schema, source), parameters },
  };
}

/** Returns all parameters. Throws INVALID_DATA if the given ones do not match the configuration. */
export function checkedParameters(config: CmmlConfig, schema: FeatureSchema, given: HostTensors): HostTensors {
  const parameters = { ...absentPrior(config.ridgeWidth), ...given };
  checkParameters(declareCmml(config, schema), parameters);
  return parameters;
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

/** Returns how a folded state becomes a context. */
export function foldedContext(config: CmmlConfig, schema: FeatureSchema): ContextSource {
  return {
    inputs: foldedInputs(config, schema),
    contextOf(parameters, inputs) {
      const { state, count } = inputs as unknown as Pick<FoldInputs, 'state' | 'count'>;
      return taskContext(parameters, config, foldedOf(state, count));
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

function foldedInputs(config: CmmlConfig, schema: FeatureSchema): Signature {
  return { state: tensorOf('float32', stateWidth(config, schema)), count: tensorOf('float32') };
}

function foldedOf(state: Tensor1D, count: Tensor): Folded {
  return { state: reshape(state, [1, 1, state.size]), count: reshape(count, [1, 1, 1]) };
}

function ofOneTask(rows: Tensor2D): Tensor3D {
  return reshape(rows, [1, ...rows.shape]);
}
