import { setImmediate } from 'node:timers/promises';
import type { Engine, HostTensors, Signature } from '../engine/engine.ts';
import { randomSource } from '../tasks/random.ts';
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
  const { model, tasks, options } = plan;
  const batches = plan.batches();
  // The parameters are inputs, because they change with every epoch. The features are constant.
  const compiled = await engine.compile({
    fn: (constants, inputs) => ({ loss: model.loss(inputs, { ...constants, ...inputs }) }),
    parameters: model.constants,
    inputs: { ...signatureOf(model.parameters), ...batches.inputs },
  });
  return {
    async lossOf(parameters, signal) {
      if (tasks.validation.length === 0) return undefined;
      const inputs = { ...parameters, ...batches.tensors };
      const random = randomSource(options.seed, randomStreams.validation);
      const { validationEpisodes } = options;
      const repeated = Int32Array.from(
        { length: tasks.validation.length * validationEpisodes },
        (_, index) => tasks.validation[index % tasks.validation.length] as number,
      );
      let [total, counted] = [0, 0];
      for (const queried of batches.epoch(repeated, random)) {
        signal?.throwIfAborted();
        const { loss } = await compiled.run(inputs);
        total += (loss?.data[0] as number) * queried;
        counted += queried;
        await setImmediate();
      }
      return total / Math.max(counted, 1);
    },
    dispose: () => compiled.dispose(),
  };
}

function signatureOf(tensors: HostTensors): Signature {
  return Object.fromEntries(Object.entries(tensors).map(([name, { dtype, shape }]) => [name, { dtype, shape }]));
}
