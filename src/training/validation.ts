import { setImmediate } from 'node:timers/promises';
import type { Engine, HostTensors, Signature } from '../engine/engine.ts';
import { allocateBatch } from '../tasks/episode-batch.ts';
import { randomSource } from '../tasks/random.ts';
import { sampleEpoch } from '../tasks/sample-epoch.ts';
import { batchTensors } from './batch-tensors.ts';
import { randomStreams, type TrainingPlan } from './training-plan.ts';

export interface Validation {
  /** The loss averaged over episodes of the validation tasks, always the same ones; `undefined` without tasks. */
  lossOf(parameters: HostTensors): Promise<number | undefined>;
  dispose(): void;
}

export async function compileValidation(plan: TrainingPlan, engine: Engine): Promise<Validation> {
  const { model, data, tasks, options, size, negatives } = plan;
  // Parameters change from epoch to epoch and are inputs here; the features stay.
  const compiled = await engine.compile({
    fn: (constants, inputs) => ({ loss: model.loss(inputs, { ...constants, ...inputs }) }),
    parameters: model.constants,
    inputs: { ...signatureOf(model.parameters), ...model.batchInputs(size) },
  });
  return {
    async lossOf(parameters) {
      if (tasks.validation.length === 0) return undefined;
      const batch = allocateBatch(size);
      const inputs = { ...parameters, ...batchTensors(batch) };
      const random = randomSource(options.seed, randomStreams.validation);
      const { validationEpisodes } = options;
      const repeated = Int32Array.from(
        { length: tasks.validation.length * validationEpisodes },
        (_, index) => tasks.validation[index % tasks.validation.length] as number,
      );
      let total = 0;
      for (const { filled } of sampleEpoch(batch, data, repeated, options.episodes, random, negatives)) {
        const { loss } = await compiled.run(inputs);
        total += (loss?.data[0] as number) * filled;
        await setImmediate();
      }
      return total / repeated.length;
    },
    dispose: () => compiled.dispose(),
  };
}

function signatureOf(tensors: HostTensors): Signature {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { dtype, shape }]) => [name, { dtype, shape }]),
  );
}
