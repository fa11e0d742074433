import { reshape, squeeze, type Tensor, type Tensor1D, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import type { FunctionDefinition, Signature, Tensors } from '../../engine/engine.ts';
import type { FeatureSchema } from '../../features/feature-schema.ts';
import { embedFunction } from '../embedding/embed-function.ts';
import { embeddedWidth } from '../embedding/entity-embedding.ts';
import { pairParts } from '../embedding/pair-embedding.ts';
import { packedWidth, unpackParameters } from '../gradient-steps/packed-parameters.ts';
import type { Parts } from '../layers.ts';
import { checkParameters } from '../parameter-declarations.ts';
import type { ModelArtifact } from '../recommender.ts';
import type { ServingFunction } from '../serving-function.ts';
import { type DcnConfig, fineTunes, parseDcnConfig } from './dcn-config.ts';
import { declareDcn, declareLayers, explainPairs, scorePairs } from './dcn-network.ts';
import { fineTuneFunction } from './fine-tune-function.ts';

export type ServingRole = 'embedUsers' | 'embedItems' | 'score' | 'explain';

/** `fineTune` is present if the configuration has fine-tuning steps. */
export type DcnServingFunctions = Record<ServingRole, FunctionDefinition> & { fineTune?: FunctionDefinition };

/**
 * Returns the functions that a DCN serves with, ready to compile or to export. Throws INVALID_CONFIGURATION if the
 * artifact's configuration is invalid, and INVALID_DATA if its parameters do not match that configuration.
 */
export function dcnServingFunctions({ config: input, schema, parameters }: ModelArtifact): DcnServingFunctions {
  const config = parseDcnConfig(input);
  checkParameters(declareDcn(config, schema), parameters);
  return {
    embedUsers: { ...embedFunction(config, schema, 'user'), parameters },
    embedItems: { ...embedFunction(config, schema, 'item'), parameters },
    ...(fineTunes(config) && { fineTune: { ...fineTuneFunction(config, schema), parameters } }),
    score: { ...scoreFunction(config, schema), parameters },
    explain: { ...explainFunction(config, schema), parameters },
  };
}

/** Returns one user's `scores` `[items]` for candidate items. DCN-F scores with the fine-tuned layers in `state`. */
export function scoreFunction(config: DcnConfig, schema: FeatureSchema): ServingFunction {
  return {
    inputs: scoredInputs(config, schema),
    fn(parameters, inputs) {
      const { layers, pairs } = networkOf(config, schema, parameters, inputs as unknown as ScoreInputs);
      return { scores: squeeze(scorePairs(layers, config, pairs), [0]) };
    },
  };
}

/**
 * Returns the contributions of the `cross` part, the `deep` part and the `bias` to the scores, each `[items]`. The
 * inputs are those of `scoreFunction`.
 */
export function explainFunction(config: DcnConfig, schema: FeatureSchema): ServingFunction {
  return {
    inputs: scoredInputs(config, schema),
    fn(parameters, inputs) {
      const { layers, pairs } = networkOf(config, schema, parameters, inputs as unknown as ScoreInputs);
      const { cross, deep, bias } = explainPairs(layers, config, pairs);
      return { cross: squeeze(cross, [0]), deep: squeeze(deep, [0]), bias: squeeze(bias, [0]) };
    },
  };
}

interface ScoreInputs {
  readonly state?: Tensor1D;
  readonly user: Tensor1D;
  readonly items: Tensor2D;
}

function scoredInputs(config: DcnConfig, schema: FeatureSchema): Signature {
  return {
    ...(fineTunes(config) && { state: { dtype: 'float32', shape: [packedWidth(declareLayers(config, schema))] } }),
    user: { dtype: 'float32', shape: [embeddedWidth(config, schema, 'user')] },
    items: { dtype: 'float32', shape: ['items', embeddedWidth(config, schema, 'item')] },
  };
}

function networkOf(
  config: DcnConfig,
  schema: FeatureSchema,
  parameters: Tensors,
  { state, user, items }: ScoreInputs,
): { layers: Tensors; pairs: Parts } {
  const layers = state ? unpackParameters(declareLayers(config, schema), state) : parameters;
  const pairs = pairParts(
    config,
    reshape(user, [1, 1, user.size]) as Tensor3D,
    reshape(items as Tensor, [1, ...items.shape]) as Tensor3D,
  );
  return { layers, pairs };
}
