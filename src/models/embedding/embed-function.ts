import type { FunctionDefinition } from '../../engine/engine.ts';
import { type EntityKind, type FeatureSchema, fieldsOf } from '../../features/feature-schema.ts';
import type { EmbeddingConfig } from './embedding-config.ts';
import { embedEntities } from './entity-embedding.ts';
import type { FeatureTensors } from './feature-embedding.ts';

/** Encoded features `[rows, slots]` to `embeddings` `[rows, width]`. */
export function embedFunction(
  config: EmbeddingConfig,
  schema: FeatureSchema,
  entity: EntityKind,
): Pick<FunctionDefinition, 'fn' | 'inputs'> {
  const slots = fieldsOf(schema, entity).reduce((sum, field) => sum + field.slots, 0);
  return {
    inputs: {
      indices: { dtype: 'int32', shape: ['rows', slots] },
      weights: { dtype: 'float32', shape: ['rows', slots] },
    },
    fn: (parameters, features) => ({
      embeddings: embedEntities(parameters, config, schema, entity, features as unknown as FeatureTensors),
    }),
  };
}
