import type { EncodedFeatures } from '../../../src/features/encode-features.ts';
import { type EntityKind, type FeatureSchema, fieldsOf, idField } from '../../../src/features/feature-schema.ts';
import type { EmbeddingConfig } from '../../../src/models/embedding/embedding-config.ts';
import type { Weights } from './reference-weights.ts';

export interface EmbeddedCatalog {
  readonly schema: FeatureSchema;
  readonly features: Record<EntityKind, EncodedFeatures>;
  readonly config: Pick<EmbeddingConfig, 'embeddingWidth' | 'factorWidth' | 'factorProduct'>;
}

/** Returns the embeddings of a user and of an item, followed by the product of their factors if it is configured. */
export function referenceEmbedding(
  weights: Weights,
  catalog: EmbeddedCatalog,
  { user, item }: { readonly user: number; readonly item: number },
): number[] {
  const both = [...referenceEntity(weights, catalog, 'user', user), ...referenceEntity(weights, catalog, 'item', item)];
  if (!catalog.config.factorProduct) return both;
  const ofItem = factorsOf(weights, catalog, 'item', item);
  return [...both, ...factorsOf(weights, catalog, 'user', user).map((value, at) => value * (ofItem[at] as number))];
}

/**
 * Returns the embedding of a user or item: learned embeddings of all fields, then factors. The weights decide which
 * exist.
 */
export function referenceEntity(weights: Weights, catalog: EmbeddedCatalog, entity: EntityKind, row: number): number[] {
  return [
    ...(weights[`${entity}.embedding`] ? learnedOf(weights, catalog, entity, row) : []),
    ...(weights[`${entity}.factors`] ? factorsOf(weights, catalog, entity, row) : []),
  ];
}

function learnedOf(weights: Weights, catalog: EmbeddedCatalog, entity: EntityKind, row: number): number[] {
  const table = weights[`${entity}.embedding`] as number[];
  return slotsByField(catalog, entity, row).flatMap(({ slots }) =>
    weightedSum(table, slots, catalog.config.embeddingWidth),
  );
}

/** Returns the factors of a known ID, or otherwise the sum of the features' factors and the start. */
function factorsOf(weights: Weights, catalog: EmbeddedCatalog, entity: EntityKind, row: number): number[] {
  const { factorWidth } = catalog.config;
  const of = (name: string) => weights[`${entity}.factors${name}`] as number[];
  const fields = slotsByField(catalog, entity, row);
  const id = fields.find(({ name }) => name === idField)?.category as number;
  if (id > 0) return of('').slice(id * factorWidth, (id + 1) * factorWidth);
  const slots = fields.flatMap((field) => field.slots);
  return weightedSum(of('.byFeature'), slots, factorWidth).map((value, at) => value + (of('.start')[at] as number));
}

interface Slot {
  readonly index: number;
  readonly weight: number;
}

/** Returns the slots of each field of a row, and the vocabulary row in the field's first slot. */
function slotsByField({ schema, features }: EmbeddedCatalog, entity: EntityKind, row: number) {
  const { slots: perRow, indices, weights } = features[entity];
  let [slot, first] = [row * perRow, 0];
  return fieldsOf(schema, entity).map(({ name, slots: count, vocabulary }) => {
    const slots: Slot[] = Array.from({ length: count }, (_, at) => ({
      index: indices[slot + at] as number,
      weight: weights[slot + at] as number,
    }));
    const category = (slots[0] as Slot).index - first;
    slot += count;
    first += vocabulary.length + 1;
    return { name, slots, category };
  });
}

function weightedSum(table: readonly number[], slots: readonly Slot[], width: number): number[] {
  return Array.from({ length: width }, (_, at) =>
    slots.reduce((sum, { index, weight }) => sum + weight * (table[index * width + at] as number), 0),
  );
}
