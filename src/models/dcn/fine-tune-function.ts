import {
  reshape,
  type Scalar,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import type { FeatureSchema } from '../../features/feature-schema.ts';
import { embeddedWidth } from '../embedding/entity-embedding.ts';
import { pairParts } from '../embedding/pair-embedding.ts';
import { descend } from '../gradient-steps/descend.ts';
import { packedWidth, unpackParameters } from '../gradient-steps/packed-parameters.ts';
import { batchPlaces } from '../gradient-steps/support-batches.ts';
import { objectives } from '../objectives.ts';
import type { ServingFunction } from '../serving-function.ts';
import type { DcnConfig } from './dcn-config.ts';
import { declareLayers, scorePairs } from './dcn-network.ts';

/**
 * DCN-F: takes the configured steps of Adam on the pairs of a support set, from the layers' parameters in `state`, and
 * returns the new layers as `fineTuned`. The embeddings of users and items are inputs and do not change. Pairs with mask 0
 * change nothing.
 */
export function fineTuneFunction(config: DcnConfig, schema: FeatureSchema): ServingFunction {
  const places = batchPlaces(config);
  const layers = declareLayers(config, schema);
  const of = (...shape: number[]) => ({ dtype: 'float32' as const, shape });
  return {
    inputs: {
      state: of(packedWidth(layers)),
      users: of(places, embeddedWidth(config, schema, 'user')),
      items: of(places, embeddedWidth(config, schema, 'item')),
      labels: of(places),
      mask: of(places),
    },
    fn(parameters, inputs) {
      const { state, users, items, labels, mask } = inputs as unknown as FineTuningInputs;
      const ofOneTask = (rows: Tensor2D): Tensor3D => reshape(rows, [1, ...rows.shape]);
      const pairs = pairParts(config, ofOneTask(users), ofOneTask(items));
      const [ofTask, counts] = [labels, mask].map((row) => reshape(row, [1, places])) as [Tensor2D, Tensor2D];
      const lossAt = (packed: Tensor) => {
        const tuned = { ...parameters, ...unpackParameters(layers, packed as Tensor1D) };
        return sum(objectives[config.objective].loss(scorePairs(tuned, config, pairs), ofTask, counts)) as Scalar;
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
