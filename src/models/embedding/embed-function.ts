import type { CompiledFunction, FunctionDefinition } from '../../engine/engine.ts';
import { floatTensor, integerTensor } from '../../engine/host-tensor.ts';
import type { EncodedFeatures } from '../../features/encode-features.ts';
import { type EntityKind, type FeatureSchema, slotsOf } from '../../features/feature-schema.ts';
import { runInChunks } from '../in-chunks.ts';
import type { Embeddings } from '../recommender.ts';
import type { EmbeddingConfig } from './embedding-config.ts';
import { embedEntities } from './entity-embedding.ts';
import type { FeatureTensors } from './feature-embedding.ts';

/** Returns the function that embeds encoded features `[rows, slots]` as `embeddings` `[rows, width]`. */
export function embedFunction(
  config: EmbeddingConfig,
  schema: FeatureSchema,
  entity: EntityKind,
): Pick<FunctionDefinition, 'fn' | 'inputs'> {
  const slots = slotsOf(schema, entity);
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

/** Embeds encoded features with a compiled `embedFunction`, at most `rowsPerRun` rows in one run. */
export async function embedInChunks(
  compiled: CompiledFunction,
  { rows, slots, indices, weights }: EncodedFeatures,
  { width, rowsPerRun }: { readonly width: number; readonly rowsPerRun: number },
): Promise<Embeddings> {
  const data = new Float32Array(rows * width);
  await runInChunks(rows, rowsPerRun, async (start, end) => {
    const { embeddings } = await compiled.run({
      indices: integerTensor([end - start, slots], indices.subarray(start * slots, end * slots)),
      weights: floatTensor([end - start, slots], weights.subarray(start * slots, end * slots)),
    });
    data.set(embeddings?.data as Float32Array, start * width);
  });
  return { rows, width, data };
}
