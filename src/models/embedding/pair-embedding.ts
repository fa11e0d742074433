import { mul, split, type Tensor3D } from '@tensorflow/tfjs-core';
import type { FeatureSchema } from '../../features/feature-schema.ts';
import type { Parts } from '../layers.ts';
import type { EmbeddingConfig } from './embedding-config.ts';
import { embeddedWidth } from './entity-embedding.ts';

/**
 * Returns the embedding of pairs in parts: the user's, the item's and, with `factorProduct`, the element-wise product
 * of both factors. Factors are made to be multiplied (He et al. 2017, arXiv 1708.05031, eq. 8), and layers that read
 * them side by side learn such products poorly.
 */
export function pairParts(config: EmbeddingConfig, user: Tensor3D, item: Tensor3D): Parts {
  if (!config.factorProduct) return [user, item];
  return [user, item, mul(factorsOf(config, user), factorsOf(config, item)) as Tensor3D];
}

/** Returns the embedded items of pairs in parts. */
export function itemPart(pairs: Parts): Tensor3D {
  return pairs[1] as Tensor3D;
}

/** Returns the total width of all parts. */
export function pairWidth(config: EmbeddingConfig, schema: FeatureSchema): number {
  const sides = embeddedWidth(config, schema, 'user') + embeddedWidth(config, schema, 'item');
  return sides + (config.factorProduct ? config.factorWidth : 0);
}

/** Returns the factors of embedded users or items. They are the last columns of the embedding. */
function factorsOf({ factorWidth }: EmbeddingConfig, embedded: Tensor3D): Tensor3D {
  const others = embedded.shape[2] - factorWidth;
  return others === 0 ? embedded : (split(embedded, [others, factorWidth], 2)[1] as Tensor3D);
}
