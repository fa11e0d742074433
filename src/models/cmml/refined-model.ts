import { concat, reshape, split, squeeze, type Tensor1D, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import type { FunctionDefinition } from '../../engine/engine.ts';
import type { FeatureSchema } from '../../features/feature-schema.ts';
import { embedFunction } from '../embedding/embed-function.ts';
import { embeddedWidth } from '../embedding/entity-embedding.ts';
import { pairParts, pairWidth } from '../embedding/pair-embedding.ts';
import type { GradientModel } from '../gradient-steps/gradient-recommender.ts';
import {
  adaptFunction,
  type GradientMethod,
  type GradientServingRole,
} from '../gradient-steps/gradient-serving-functions.ts';
import { batchPlaces } from '../gradient-steps/support-batches.ts';
import { type StateLayout, stateWidth, unpackState } from '../gradient-steps/task-state.ts';
import type { ModelArtifact } from '../recommender.ts';
import { tensorOf } from '../serving-function.ts';
import { type CmmlConfig, parseCmmlConfig } from './cmml-config.ts';
import { checkedParameters } from './cmml-serving-functions.ts';
import { type ContextSource, explainFunction, scoreFunction } from './pair-functions.ts';
import { refineContext } from './refine-context.ts';
import { ridgeStateWidth } from './ridge-head.ts';
import { foldSupport, nothingFolded, type TaskContext, taskContext } from './task-context.ts';

/**
 * Returns CMML that refines its contexts, ready to load. Throws the errors of `refinedServingFunctions`.
 *
 * What the steps made is the refined context, and then the state of the ridge head. Both are zero for a task without
 * support pairs.
 */
export function refinedModel(artifact: ModelArtifact): GradientModel {
  const functions = refinedServingFunctions(artifact);
  const config = parseCmmlConfig(artifact.config);
  const layout = refinedLayout(config, artifact.schema);
  const start = new Float32Array(layout.adaptedWidth);
  return { artifact: { ...artifact, config }, layout, functions, start };
}

/**
 * Returns the functions that CMML serves with if it refines its contexts. Throws INVALID_CONFIGURATION if the artifact's
 * configuration is invalid, and INVALID_DATA if its parameters do not match that configuration.
 */
export function refinedServingFunctions({
  config: input,
  schema,
  parameters: given,
}: ModelArtifact): Record<GradientServingRole, FunctionDefinition> {
  const config = parseCmmlConfig(input);
  const parameters = checkedParameters(config, schema, given);
  const source = refinedContext(config, schema);
  return {
    embedUsers: { ...embedFunction(config, schema, 'user'), parameters },
    embedItems: { ...embedFunction(config, schema, 'item'), parameters },
    adapt: { ...adaptFunction(refinedLayout(config, schema), refined(config, schema)), parameters },
    score: { ...scoreFunction(config, schema, source), parameters },
    explain: { ...explainFunction(config, schema, source), parameters },
  };
}

function refinedLayout(config: CmmlConfig, schema: FeatureSchema): StateLayout {
  return {
    places: batchPlaces(config),
    userWidth: embeddedWidth(config, schema, 'user'),
    itemWidth: embeddedWidth(config, schema, 'item'),
    adaptedWidth: pairWidth(config, schema) + ridgeStateWidth(config.ridgeWidth),
  };
}

/** Returns what the support pairs of a task make, `[1, adaptedWidth]`. */
function refined(config: CmmlConfig, schema: FeatureSchema): GradientMethod['adapt'] {
  return (parameters, { users, items, labels, mask }) => {
    const support = { pairs: pairParts(config, users, items), labels, mask };
    const folded = foldSupport(parameters, config, nothingFolded(config, schema, 1), support);
    const task = taskContext(parameters, config, folded);
    const { context, ridge } = refineContext(parameters, config, task, support);
    return squeeze(concat([context, ...(ridge ? [ridge] : [])], 2), [1]);
  };
}

/** Returns where a state has the refined context. */
function refinedContext(config: CmmlConfig, schema: FeatureSchema): ContextSource {
  const layout = refinedLayout(config, schema);
  return {
    inputs: { state: tensorOf('float32', stateWidth(layout)) },
    contextOf: (_parameters, { state }) => taskOf(config, unpackState(layout, state as Tensor1D).adapted),
  };
}

function taskOf({ ridgeWidth }: CmmlConfig, adapted: Tensor2D): TaskContext {
  const ridge = ridgeStateWidth(ridgeWidth);
  const row: Tensor3D = reshape(adapted, [1, 1, adapted.size]);
  if (ridge === 0) return { context: row };
  const [context, state] = split(row, [adapted.size - ridge, ridge], 2) as [Tensor3D, Tensor3D];
  return { context, ridge: state };
}
