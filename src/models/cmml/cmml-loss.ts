import {
  div,
  gather,
  maximum,
  mul,
  reshape,
  type Scalar,
  step,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
  zeros,
} from '@tensorflow/tfjs-core';
import type { LossFunction, Tensors } from '../../engine/engine.ts';
import type { EntityKind, FeatureSchema } from '../../features/feature-schema.ts';
import type { CmmlConfig } from './cmml-config.ts';
import { foldSupport, scorePairs, stateWidth } from './cmml-network.ts';
import { embeddingTable, embedFeatures } from './feature-embedding.ts';
import { objectives } from './objectives.ts';
import { withoutGradient } from './without-gradient.ts';

/**
 * The loss of query sets given their support sets, averaged over the tasks of a batch (CMML eqs. 2 and 3).
 * Its inputs are those of `cmmlBatch` and `cmmlConstants`.
 */
export function cmmlLoss(config: CmmlConfig, schema: FeatureSchema): LossFunction {
  return (parameters, inputs) => {
    const { users, supportItems, supportLabels, supportMask, queryItems, queryLabels, queryMask } =
      inputs as unknown as BatchTensors;
    const embed = (entity: EntityKind, rows: Tensor) => embedRows(parameters, schema, entity, inputs, rows);
    const user = embed('user', users);
    // The context encoder reads embeddings but does not train them.
    const support = [withoutGradient(() => user.clone()), withoutGradient(() => embed('item', supportItems))];
    const folded = foldSupport(parameters, config, nothingFolded(users.size, stateWidth(config, schema)), {
      pairs: support,
      labels: supportLabels,
      mask: supportMask,
    });
    const scores = scorePairs(parameters, config, folded, [user, embed('item', queryItems)]);
    return meanOverTasks(objectives[config.objective].loss(scores, queryLabels, queryMask), queryMask);
  };
}

interface BatchTensors {
  readonly users: Tensor1D;
  readonly supportItems: Tensor2D;
  readonly supportLabels: Tensor2D;
  readonly supportMask: Tensor2D;
  readonly queryItems: Tensor2D;
  readonly queryLabels: Tensor2D;
  readonly queryMask: Tensor2D;
}

/** Embeds rows `[tasks]` or `[tasks, pairs]` of an entity as `[tasks, pairs, width]`, with 1 pair for the former. */
function embedRows(
  parameters: Tensors,
  schema: FeatureSchema,
  entity: EntityKind,
  inputs: Tensors,
  rows: Tensor,
): Tensor3D {
  const flat = reshape(rows, [rows.size]);
  const embedded = embedFeatures(parameters[embeddingTable(entity)] as Tensor, schema, entity, {
    indices: gather(inputs[`${entity}Indices`] as Tensor, flat),
    weights: gather(inputs[`${entity}Weights`] as Tensor, flat),
  });
  const [tasks, pairs = 1] = rows.shape as [number, number?];
  return reshape(embedded, [tasks, pairs, embedded.shape[1]]);
}

function nothingFolded(tasks: number, width: number): { state: Tensor3D; count: Tensor3D } {
  return { state: zeros([tasks, 1, width]) as Tensor3D, count: zeros([tasks, 1, 1]) as Tensor3D };
}

/** Tasks without query pairs, which pad a batch, do not count. */
function meanOverTasks(losses: Tensor1D, queryMask: Tensor2D): Scalar {
  const counts = step(sum(queryMask, 1));
  return div(sum(mul(losses, counts)), maximum(sum(counts), 1));
}
