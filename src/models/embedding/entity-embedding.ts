import { concat, gather, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import type { HostTensors, Tensors } from '../../engine/engine.ts';
import { floatTensor, integerTensor } from '../../engine/host-tensor.ts';
import type { EncodedFeatures } from '../../features/encode-features.ts';
import { type EntityKind, type FeatureSchema, fieldsOf } from '../../features/feature-schema.ts';
import type { ParameterDeclarations } from '../parameter-declarations.ts';
import type { Embeddings } from '../recommender.ts';
import type { EmbeddingConfig, EmbeddingKind } from './embedding-config.ts';
import { declareFactors, embedFactors } from './factor-embedding.ts';
import { declareFeatureTable, embedFeatures, type FeatureTensors, featureTable } from './feature-embedding.ts';

const parts: Record<EmbeddingKind, { readonly learned: boolean; readonly factors: boolean }> = {
  features: { learned: true, factors: false },
  factors: { learned: false, factors: true },
  both: { learned: true, factors: true },
};

const entities = ['user', 'item'] as const;

/** Declares the embeddings of users and items that training learns. */
export function declareLearnedEmbeddings(config: EmbeddingConfig, schema: FeatureSchema): ParameterDeclarations {
  if (!parts[config.embedding].learned) return {};
  return Object.assign({}, ...entities.map((entity) => declareFeatureTable(config, schema, entity)));
}

/** Declares the factors of users and items. They are computed before training and do not change. */
export function declareFrozenEmbeddings(config: EmbeddingConfig, schema: FeatureSchema): ParameterDeclarations {
  if (!usesFactors(config)) return {};
  return Object.assign({}, ...entities.map((entity) => declareFactors(config, schema, entity)));
}

export function usesFactors({ embedding }: EmbeddingConfig): boolean {
  return parts[embedding].factors;
}

/** Returns the names of the tables from which a batch reads single rows. */
export function learnedTables({ embedding }: EmbeddingConfig): string[] {
  return parts[embedding].learned ? entities.map(featureTable) : [];
}

/** Returns the width of an embedded user or item. */
export function embeddedWidth(config: EmbeddingConfig, schema: FeatureSchema, entity: EntityKind): number {
  const { learned, factors } = parts[config.embedding];
  const fields = learned ? fieldsOf(schema, entity).length * config.embeddingWidth : 0;
  return fields + (factors ? config.factorWidth : 0);
}

/** Returns the widths of embedded users and items. */
export function embeddedWidths(config: EmbeddingConfig, schema: FeatureSchema): Record<EntityKind, number> {
  return { user: embeddedWidth(config, schema, 'user'), item: embeddedWidth(config, schema, 'item') };
}

/** Embeds encoded features `[rows, slots]` as `[rows, width]`. */
export function embedEntities(
  parameters: Tensors,
  config: EmbeddingConfig,
  schema: FeatureSchema,
  entity: EntityKind,
  features: FeatureTensors,
): Tensor2D {
  const { learned, factors } = parts[config.embedding];
  const embedded: Tensor2D[] = [];
  if (learned) embedded.push(embedFeatures(parameters[featureTable(entity)] as Tensor, schema, entity, features));
  if (factors) embedded.push(embedFactors(parameters, schema, entity, features));
  return embedded.length === 1 ? (embedded[0] as Tensor2D) : concat(embedded, 1);
}

/** The factors `[rows, factorWidth]` of all users and items of a training run. */
export interface EntityFactors {
  readonly users: Embeddings;
  readonly items: Embeddings;
}

/**
 * Returns the constants that training reads by name and uploads once: the encoded features of all users and items, and
 * their factors if there are any.
 */
export function embeddingConstants(
  config: EmbeddingConfig,
  users: EncodedFeatures,
  items: EncodedFeatures,
  factors?: EntityFactors,
): HostTensors {
  return {
    ...constantsOf('user', config, users, factors?.users),
    ...constantsOf('item', config, items, factors?.items),
  };
}

function constantsOf(
  entity: EntityKind,
  { embedding }: EmbeddingConfig,
  { rows, slots, indices, weights }: EncodedFeatures,
  factors: Embeddings | undefined,
): HostTensors {
  const { learned } = parts[embedding];
  return {
    ...(learned && { [`${entity}Indices`]: integerTensor([rows, slots], indices) }),
    ...(learned && { [`${entity}Weights`]: floatTensor([rows, slots], weights) }),
    ...(factors && { [`${entity}Factors`]: floatTensor([rows, factors.width], factors.data) }),
  };
}

/** Embeds the users or items in the given rows `[count]` of the `embeddingConstants`, as `[count, width]`. */
export function embedRows(
  parameters: Tensors,
  { embedding }: EmbeddingConfig,
  schema: FeatureSchema,
  entity: EntityKind,
  constants: Tensors,
  rows: Tensor,
): Tensor2D {
  const of = (name: string) => gather(constants[`${entity}${name}`] as Tensor, rows);
  const { learned, factors } = parts[embedding];
  const embedded: Tensor2D[] = [];
  if (learned) {
    const features = { indices: of('Indices'), weights: of('Weights') };
    embedded.push(embedFeatures(parameters[featureTable(entity)] as Tensor, schema, entity, features));
  }
  if (factors) embedded.push(of('Factors') as Tensor2D);
  return embedded.length === 1 ? (embedded[0] as Tensor2D) : concat(embedded, 1);
}
