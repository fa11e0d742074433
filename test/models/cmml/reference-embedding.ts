import type { EncodedFeatures } from '../../../src/features/encoded-features.ts';
import { type EntityKind, type FeatureSchema, fieldsOf } from '../../../src/features/feature-schema.ts';
import type { Weights } from './reference-weights.ts';

export interface EmbeddedCatalog {
  readonly schema: FeatureSchema;
  readonly features: Record<EntityKind, EncodedFeatures>;
  readonly embeddingWidth: number;
}

/** The learned embedding of a user, followed by that of an item: field by field, slot by slot. */
export function referenceEmbedding(
  weights: Weights,
  catalog: EmbeddedCatalog,
  { user, item }: { readonly user: number; readonly item: number },
): number[] {
  return [...embedRow(weights, catalog, 'user', user), ...embedRow(weights, catalog, 'item', item)];
}

function embedRow(
  weights: Weights,
  { schema, features, embeddingWidth }: EmbeddedCatalog,
  entity: EntityKind,
  row: number,
): number[] {
  const { slots, indices, weights: slotWeights } = features[entity];
  const table = weights[`${entity}.embedding`] as number[];
  let slot = row * slots;
  return fieldsOf(schema, entity).flatMap((field) => {
    const embedding = new Array<number>(embeddingWidth).fill(0);
    for (let end = slot + field.slots; slot < end; slot++) {
      const from = (indices[slot] as number) * embeddingWidth;
      for (const unit of embedding.keys()) {
        embedding[unit] =
          (embedding[unit] as number) + (slotWeights[slot] as number) * (table[from + unit] as number);
      }
    }
    return embedding;
  });
}
