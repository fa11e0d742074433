import type { Engine } from '../../src/engine/engine.ts';
import type { TrainingData } from '../../src/tasks/training-data.ts';
import { cmmlModels } from './cmml-models.ts';
import { batchesOf, cmmlTraining } from './cmml-training.ts';
import { bestOf } from './measurement.ts';

export interface EpochTime {
  readonly users: number;
  readonly seconds: number;
  /** The part of the time, from 0 to 1, that sampling and packing the batches takes by itself. */
  readonly batchBuildingShare: number;
}

/** All users once, as CMML-FiLM trains on them. */
export async function timeEpoch(engine: Engine, data: TrainingData): Promise<EpochTime> {
  const step = await engine.compileTraining(cmmlTraining(cmmlModels['CMML-FiLM'], data));
  const building = await bestOf(3, async () => [...batchesOf(data)].length);
  const whole = await bestOf(3, async () => {
    for (const tensors of batchesOf(data)) await step.run(tensors, 3e-4);
  });
  step.dispose();
  return {
    users: data.tasks.length,
    seconds: whole / 1000,
    batchBuildingShare: building / whole,
  };
}
