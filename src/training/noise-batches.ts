import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { floatTensor, scalarTensor } from '../engine/host-tensor.ts';
import { noiseInputs } from '../models/noise-inputs.ts';
import { normalSource } from '../models/normal-source.ts';
import type { Random } from '../tasks/random.ts';
import type { BatchSource } from './batch-source.ts';

/** A distribution of noise: how to draw from it, and the number that stands for it in validation. */
export interface NoiseKind {
  readonly source: (random: Random) => () => number;
  readonly inValidation: number;
}

export const standardNormal: NoiseKind = { source: normalSource, inValidation: 0 };
/** From 0 to 1. */
export const uniform: NoiseKind = { source: (random) => () => uniformFloat64(random), inValidation: 0.5 };

/**
 * Returns batches of support and query sets with the inputs that `noiseInputs` declares, `width` numbers for each task.
 * In training, each batch has new noise from the source of random numbers that the episodes are drawn from.
 */
export function noiseBatches(
  width: number,
  kind: NoiseKind,
  batches: BatchSource,
  purpose: 'training' | 'validation',
): BatchSource {
  const tasks = batches.tensors.supportMask?.shape[0] as number;
  const noise = new Float32Array(tasks * width).fill(kind.inValidation);
  const training = purpose === 'training';
  return {
    inputs: { ...batches.inputs, ...noiseInputs(width, tasks) },
    tensors: {
      ...batches.tensors,
      noise: floatTensor([tasks, width], noise),
      training: scalarTensor(Number(training)),
    },
    *epoch(rows, random) {
      const draw = kind.source(random);
      for (const counted of batches.epoch(rows, random)) {
        if (training) for (const at of noise.keys()) noise[at] = draw();
        yield counted;
      }
    },
  };
}
