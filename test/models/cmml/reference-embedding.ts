import type { EncodedFeatures } from '../../../src/features/encode-features.ts';
import {
  type EntityKind,
  type FeatureSchema,
  fieldsOf,
  idField,
} from '../../../src/features/feature-schema.ts';
import type { EmbeddingConfig } from '../../../src/models/embedding/embedding-config.ts';
import type { Weights } from './reference-weights.ts';

export interface EmbeddedCatalog {
  readonly schema: FeatureSchema;
  readonly features: Record<EntityKind, EncodedFeatures>;
  readonly config: Pick<EmbeddingConfig, 'embeddingWidth' | 'factorWidth' | 'factorProduct'>;
}

/** The embedding of a user, followed by that of an item and, where configured, by the product of their factors. */
export function referenceEmbedding(
  weights: Weights,
  catalog: EmbeddedCatalog,
  { user, item }: { readonly user: number; readonly item: number },
): number[] {
  const both = [
    ...referenceEntity(weights, catalog, 'user', user),
    ...referenceEntity(weights, catalog, 'item', item),
  ];
  if (!catalog.config.factorProduct) return both;
  const ofItem = factorsOf(weights, catalog, 'item', item);
  return [
    ...both,
    ...factorsOf(weights, catalog, 'user', user).map((value, at) => value * (ofItem[at] as number)),
  ];
}

/** A user or an item: learned, field by field and slot by slot, and then factors; which there are is read off the weights. */
export function referenceEntity(
  weights: Weights,
  catalog: EmbeddedCatalog,
  entity: EntityKind,
  row: number,
): number[] {
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

/** Those of the id where the schema knows it, and else what features add up to. */
function factorsOf(weights: Weights, catalog: EmbeddedCatalog, entity: EntityKind, row: number): number[] {
  const { factorWidth } = catalog.config;
  const of = (name: string) => weights[`${entity}.factors${name}`] as number[];
  const fields = slotsByField(catalog, entity, row);
  const id = fields.find(({ name }) => name === idField)?.category as number;
  if (id > 0) return of('').slice(id * factorWidth, (id + 1) * factorWidth);
  const slots = fields.flatMap((field) => field.slots);
  return weightedSum(of('.byFeature'), slots, factorWidth).map(
    (value, at) => value + (of('.start')[at] as number),
  );
}

interface Slot {
  readonly index: number;
  readonly weight: number;
}

/** The slots of each field of a row, and the row of the field's own vocabulary in the first of them. */
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
