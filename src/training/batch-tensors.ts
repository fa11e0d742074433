import type { HostTensors } from '../engine/engine.ts';
import { floatTensor, integerTensor } from '../engine/host-tensor.ts';
import type { EpisodeBatch } from '../tasks/episode-batch.ts';

/** A batch as tensors over its own arrays: what is filled into the batch later is in them, too. */
export function batchTensors(batch: EpisodeBatch): HostTensors {
  const { tasks, support, query } = batch.size;
  return {
    users: integerTensor([tasks], batch.users),
    supportItems: integerTensor([tasks, support], batch.supportItems),
    supportLabels: floatTensor([tasks, support], batch.supportLabels),
    supportMask: floatTensor([tasks, support], batch.supportMask),
    queryItems: integerTensor([tasks, query], batch.queryItems),
    queryLabels: floatTensor([tasks, query], batch.queryLabels),
    queryMask: floatTensor([tasks, query], batch.queryMask),
  };
}
