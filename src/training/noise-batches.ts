import { floatTensor, scalarTensor } from '../engine/host-tensor.ts';
import { normalSource } from '../models/normal-source.ts';
import type { TanpConfig } from '../models/tanp/tanp-config.ts';
import { noiseInputs } from '../models/tanp/tanp-loss.ts';
import type { BatchSource } from './batch-source.ts';
import type { BatchPurpose } from './trainable-model.ts';

/**
 * Returns batches of support and query sets with the inputs that `noiseInputs` declares. In training, each batch has new
 * noise from the source of random numbers that the episodes are drawn from. In validation, the noise is zero.
 */
export function noiseBatches(config: TanpConfig, batches: BatchSource, purpose: BatchPurpose): BatchSource {
  const tasks = batches.tensors.supportMask?.shape[0] as number;
  const noise = new Float32Array(tasks * config.latentWidth);
  const training = purpose === 'training';
  return {
    inputs: { ...batches.inputs, ...noiseInputs(config, tasks) },
    tensors: {
      ...batches.tensors,
      noise: floatTensor([tasks, config.latentWidth], noise),
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
