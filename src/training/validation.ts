import { setImmediate } from 'node:timers/promises';
import type { Engine, HostTensors, Signature } from '../engine/engine.ts';
import { allocateBatch, type BatchPairs } from '../tasks/episode-batch.ts';
import { randomSource } from '../tasks/random.ts';
import { sampleEpoch } from '../tasks/sample-episode.ts';
import { batchTensors } from './epoch-trainer.ts';
import { randomStreams, type TrainingPlan } from './training-plan.ts';

export interface Validation {
  /**
   * Returns the mean loss over episodes of the validation tasks, or `undefined` if there are none. The episodes are
   * always the same. Throws the signal's reason when it aborts.
   */
  lossOf(parameters: HostTensors, signal?: AbortSignal): Promise<number | undefined>;
  dispose(): void;
}

export async function compileValidation(plan: TrainingPlan, engine: Engine): Promise<Validation> {
  const { model, data, tasks, options, size, negatives } = plan;
  // The parameters are inputs, because they change with every epoch. The features are constant.
  const compiled = await engine.compile({
    fn: (constants, inputs) => ({ loss: model.loss(inputs, { ...constants, ...inputs }) }),
    parameters: model.constants,
    inputs: { ...signatureOf(model.parameters), ...model.batchInputs(size) },
  });
  return {
    async lossOf(parameters, signal) {
      if (tasks.validation.length === 0) return undefined;
      const batch = allocateBatch(size);
      const inputs = { ...parameters, ...batchTensors(batch) };
      const random = randomSource(options.seed, randomStreams.validation);
      const { validationEpisodes } = options;
      const repeated = Int32Array.from(
        { length: tasks.validation.length * validationEpisodes },
        (_, index) => tasks.validation[index % tasks.validation.length] as number,
      );
      let [total, counted] = [0, 0];
      for (const { query } of sampleEpoch(batch, data, repeated, options.episodes, random, negatives)) {
        signal?.throwIfAborted();
        const { loss } = await compiled.run(inputs);
        const queried = tasksOf(query);
        total += (loss?.data[0] as number) * queried;
        counted += queried;
        await setImmediate();
      }
      return total / Math.max(counted, 1);
    },
    dispose: () => compiled.dispose(),
  };
}

/** Returns the number of tasks with query pairs. The loss of a batch is the mean over these tasks, without padding. */
function tasksOf({ places, mask }: BatchPairs): number {
  const tasks = Array.from({ length: mask.length / places }, (_, task) => task * places);
  return tasks.filter((start) => mask.subarray(start, start + places).includes(1)).length;
}

function signatureOf(tensors: HostTensors): Signature {
  return Object.fromEntries(Object.entries(tensors).map(([name, { dtype, shape }]) => [name, { dtype, shape }]));
}
