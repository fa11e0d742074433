import {
  div,
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
import type { LossFunction } from '../../engine/engine.ts';
import type { EntityKind, FeatureSchema } from '../../features/feature-schema.ts';
import { embedRows } from '../embedding/entity-embedding.ts';
import type { CmmlConfig } from './cmml-config.ts';
import { foldSupport, scorePairs, stateWidth } from './cmml-network.ts';
import { objectives } from './objectives.ts';
import { withoutGradient } from './without-gradient.ts';

/**
 * The loss of query sets given their support sets, averaged over the tasks of a batch (CMML eqs. 2 and 3).
 * Its inputs are those of `cmmlBatch` and `embeddingConstants`.
 */
export function cmmlLoss(config: CmmlConfig, schema: FeatureSchema): LossFunction {
  return (parameters, inputs) => {
    const batch = inputs as unknown as BatchTensors;
    const { supportLabels: labels, supportMask: mask, queryLabels, queryMask } = batch;
    const embed = (entity: EntityKind, rows: Tensor) =>
      byTask(embedRows(parameters, config, schema, entity, inputs, reshape(rows, [rows.size])), rows);
    // The context encoder reads embeddings but does not train them.
    const pairs = [
      withoutGradient(() => embed('user', batch.supportUsers)),
      withoutGradient(() => embed('item', batch.supportItems)),
    ];
    const nothing = nothingFolded(mask.shape[0], stateWidth(config, schema));
    const folded = foldSupport(parameters, config, nothing, { pairs, labels, mask });
    const query = [embed('user', batch.queryUsers), embed('item', batch.queryItems)];
    const scores = scorePairs(parameters, config, folded, query);
    return meanOverTasks(objectives[config.objective].loss(scores, queryLabels, queryMask), queryMask);
  };
}

interface BatchTensors {
  /** `[tasks]`, or `[tasks, pairs]` where every pair has a user of its own. */
  readonly supportUsers: Tensor1D | Tensor2D;
  readonly supportItems: Tensor2D;
  readonly supportLabels: Tensor2D;
  readonly supportMask: Tensor2D;
  readonly queryUsers: Tensor1D | Tensor2D;
  readonly queryItems: Tensor2D;
  readonly queryLabels: Tensor2D;
  readonly queryMask: Tensor2D;
}

/** `[tasks, pairs, width]` of rows `[tasks, pairs]`, or `[tasks, 1, width]` of rows `[tasks]`. */
function byTask(embedded: Tensor2D, rows: Tensor): Tensor3D {
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
