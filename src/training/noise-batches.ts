import { floatTensor, scalarTensor } from '../engine/host-tensor.ts';
import { normalSource } from '../models/normal-source.ts';
import { noiseInputs } from '../models/tanp/tanp-loss.ts';
import type { BatchSource } from './batch-source.ts';

/**
 * Returns batches of support and query sets with the inputs that `noiseInputs` declares. In training, each batch has new
 * noise from the source of random numbers that the episodes are drawn from. In validation, the noise is zero.
 */
export function noiseBatches(latentWidth: number, batches: BatchSource, training: boolean): BatchSource {
  const tasks = batches.tensors.supportMask?.shape[0] as number;
  const noise = new Float32Array(tasks * latentWidth);
  return {
    inputs: { ...batches.inputs, ...noiseInputs(latentWidth, tasks) },
    tensors: {
      ...batches.tensors,
      noise: floatTensor([tasks, latentWidth], noise),
      training: scalarTensor(Number(training)),
    },
    *epoch(rows, random) {
      const normal = normalSource(random);
      for (const counted of batches.epoch(rows, random)) {
        if (training) for (const at of noise.keys()) noise[at] = normal();
        yield counted;
      }
    },
  };
}
