import type { CompiledFunction } from '../../engine/engine.ts';
import { floatTensor, integerTensor } from '../../engine/host-tensor.ts';
import type { EncodedFeatures } from '../../features/encoded-features.ts';
import type { Embeddings } from '../recommender.ts';
import { runInChunks } from '../run-in-chunks.ts';

/** Embeds encoded features, at most `rowsPerRun` rows at once. `compiled` is an `embedFunction`. */
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
