import { reshape, type Tensor, type Tensor1D, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import type { Tensors } from '../../engine/engine.ts';
import type { EntityKind, FeatureSchema } from '../../features/feature-schema.ts';
import type { EmbeddingConfig } from '../embedding/embedding-config.ts';
import { embedRows } from '../embedding/entity-embedding.ts';
import { pairParts } from '../embedding/pair-embedding.ts';
import type { Parts } from '../layers/parts.ts';

/** The support or the query sets of a batch: labels and mask are `[tasks, pairs]`. */
export interface EpisodePairs {
  /** Rows of users, `[tasks]`, or `[tasks, pairs]` where every pair has one of its own. */
  readonly users: Tensor1D | Tensor2D;
  /** Rows of items, `[tasks, pairs]`. */
  readonly items: Tensor2D;
  readonly labels: Tensor2D;
  readonly mask: Tensor2D;
}

/** A part of the inputs that `episodeInputs` describes. */
export function episodePairs(inputs: Tensors, part: 'support' | 'query'): EpisodePairs {
  const of = <T extends Tensor>(name: string) => inputs[`${part}${name}`] as T;
  return { users: of('Users'), items: of('Items'), labels: of('Labels'), mask: of('Mask') };
}

/** The pairs embedded, see `pairParts`. `inputs` have the `embeddingConstants`. */
export function embedPairs(
  parameters: Tensors,
  config: EmbeddingConfig,
  schema: FeatureSchema,
  inputs: Tensors,
  { users, items }: EpisodePairs,
): Parts {
  const embed = (entity: EntityKind, rows: Tensor) =>
    byTask(embedRows(parameters, config, schema, entity, inputs, reshape(rows, [rows.size])), rows);
  return pairParts(config, embed('user', users), embed('item', items));
}

/** `[tasks, pairs, width]` of rows `[tasks, pairs]`, or `[tasks, 1, width]` of rows `[tasks]`. */
function byTask(embedded: Tensor2D, rows: Tensor): Tensor3D {
  const [tasks, pairs = 1] = rows.shape as [number, number?];
  return reshape(embedded, [tasks, pairs, embedded.shape[1]]);
}
