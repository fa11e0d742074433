import {
  reshape,
  type Scalar,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import { embeddedWidth } from '../embedding/entity-embedding.ts';
import { pairParts } from '../embedding/pair-embedding.ts';
import { objectives } from '../objectives.ts';
import { type ServingFunction, tensorOf } from '../serving-function.ts';
import { descend } from './descend.ts';
import { packedWidth, unpackParameters } from './packed-parameters.ts';
import { batchPlaces } from './support-batches.ts';
import type { TunedNetwork } from './tuned-network.ts';

/**
 * Takes the configured steps of Adam on the pairs of a support set, from the layers' parameters in `state`, and returns
 * the new layers as `fineTuned`. All other parameters do not change, and the embeddings of users and items are inputs.
 * Pairs with mask 0 change nothing.
 */
export function fineTuneFunction({ config, schema, layers, score }: TunedNetwork): ServingFunction {
  const places = batchPlaces(config);
  return {
    inputs: {
      state: tensorOf('float32', packedWidth(layers)),
      users: tensorOf('float32', places, embeddedWidth(config, schema, 'user')),
      items: tensorOf('float32', places, embeddedWidth(config, schema, 'item')),
      labels: tensorOf('float32', places),
      mask: tensorOf('float32', places),
    },
    fn(parameters, inputs) {
      const { state, users, items, labels, mask } = inputs as unknown as FineTuningInputs;
      const ofOneTask = (rows: Tensor2D): Tensor3D => reshape(rows, [1, ...rows.shape]);
      const pairs = pairParts(config, ofOneTask(users), ofOneTask(items));
      const [ofTask, counts] = [labels, mask].map((row) => reshape(row, [1, places])) as [Tensor2D, Tensor2D];
      const lossAt = (packed: Tensor) => {
        const tuned = { ...parameters, ...unpackParameters(layers, packed as Tensor1D) };
        return sum(objectives[config.objective].loss(score(tuned, pairs), ofTask, counts)) as Scalar;
      };
      return { fineTuned: descend(lossAt, state, config.fineTuning) };
    },
  };
}

interface FineTuningInputs {
  readonly state: Tensor1D;
  readonly users: Tensor2D;
  readonly items: Tensor2D;
  readonly labels: Tensor1D;
  readonly mask: Tensor1D;
}
