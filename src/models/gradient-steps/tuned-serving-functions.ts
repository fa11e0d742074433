import { reshape, squeeze, type Tensor, type Tensor1D, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import type { FunctionDefinition, HostTensors, Tensors } from '../../engine/engine.ts';
import { embedFunction } from '../embedding/embed-function.ts';
import { embeddedWidth } from '../embedding/entity-embedding.ts';
import { pairParts } from '../embedding/pair-embedding.ts';
import type { Parts } from '../layers.ts';
import { checkParameters } from '../parameter-declarations.ts';
import { type ServingFunction, tensorOf } from '../serving-function.ts';
import { fineTuneFunction } from './fine-tune-function.ts';
import { fineTunes } from './fine-tuning.ts';
import { packedWidth, unpackParameters } from './packed-parameters.ts';
import type { TunedNetwork } from './tuned-network.ts';

export type ServingRole = 'embedUsers' | 'embedItems' | 'score' | 'explain';

/** `fineTune` is present if the configuration has fine-tuning steps. */
export type TunedServingFunctions = Record<ServingRole, FunctionDefinition> & { fineTune?: FunctionDefinition };

/**
 * Returns the functions that a network serves with, ready to compile or to export. Throws INVALID_DATA if the
 * parameters do not match the network.
 */
export function tunedServingFunctions(network: TunedNetwork, parameters: HostTensors): TunedServingFunctions {
  const { config, schema, score, explain } = network;
  checkParameters(network.parameters, parameters);
  return {
    embedUsers: { ...embedFunction(config, schema, 'user'), parameters },
    embedItems: { ...embedFunction(config, schema, 'item'), parameters },
    ...(fineTunes(config) && { fineTune: { ...fineTuneFunction(network), parameters } }),
    score: { ...pairFunction(network, (...pairs) => ({ scores: score(...pairs) })), parameters },
    explain: { ...pairFunction(network, explain), parameters },
  };
}

/**
 * Returns a function of one user and candidate items, whose results `[tasks, pairs]` become `[items]`. A network that
 * is fine-tuned has the layers in `state`.
 */
function pairFunction(network: TunedNetwork, compute: TunedNetwork['explain']): ServingFunction {
  const { config, schema, layers } = network;
  return {
    inputs: {
      ...(fineTunes(config) && { state: tensorOf('float32', packedWidth(layers)) }),
      user: tensorOf('float32', embeddedWidth(config, schema, 'user')),
      items: tensorOf('float32', 'items', embeddedWidth(config, schema, 'item')),
    },
    fn(parameters, inputs) {
      const { state, user, items } = inputs as unknown as PairInputs;
      const tuned: Tensors = { ...parameters, ...(state && unpackParameters(layers, state)) };
      const results = compute(tuned, pairsOf(network, user, items));
      return Object.fromEntries(Object.entries(results).map(([name, result]) => [name, squeeze(result, [0])]));
    },
  };
}

interface PairInputs {
  readonly state?: Tensor1D;
  readonly user: Tensor1D;
  readonly items: Tensor2D;
}

function pairsOf({ config }: TunedNetwork, user: Tensor1D, items: Tensor2D): Parts {
  return pairParts(
    config,
    reshape(user, [1, 1, user.size]) as Tensor3D,
    reshape(items as Tensor, [1, ...items.shape]) as Tensor3D,
  );
}
