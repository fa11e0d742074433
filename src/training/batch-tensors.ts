import type { HostTensors } from '../engine/engine.ts';
import { floatTensor, integerTensor } from '../engine/host-tensor.ts';
import type { BatchPairs, EpisodeBatch } from '../tasks/episode-batch.ts';

/** A batch as tensors over its own arrays: what is filled into the batch later is in them, too. */
export function batchTensors({ size, support, query }: EpisodeBatch): HostTensors {
  const tensors = (part: string, { places, users, items, labels, mask }: BatchPairs): HostTensors => {
    const shape = [size.tasks, places];
    return {
      [`${part}Users`]: integerTensor(size.userPerPair ? shape : [size.tasks], users),
      [`${part}Items`]: integerTensor(shape, items),
      [`${part}Labels`]: floatTensor(shape, labels),
      [`${part}Mask`]: floatTensor(shape, mask),
    };
  };
  return { ...tensors('support', support), ...tensors('query', query) };
}
