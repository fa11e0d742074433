import type { Engine, HostTensors, LossFunction, Optimizer, TrainingDefinition } from '../../src/engine/engine.ts';

/** Returns the gradients of a loss, as an engine's training step computes them. */
export async function gradientsOf(
  engine: Engine,
  loss: LossFunction,
  parameters: HostTensors,
  { constants = {}, inputs = {}, batch = {} }: Partial<TrainingDefinition> & { batch?: HostTensors } = {},
): Promise<HostTensors> {
  const training = await engine.compileTraining({
    loss,
    optimizer: revealGradients,
    parameters,
    constants,
    inputs,
  });
  await training.run(batch, 0);
  const gradients = await training.parameters();
  training.dispose();
  return gradients;
}

/** Replaces the parameter with its gradient. */
const revealGradients: Optimizer = { moments: [], update: ({ gradient }) => ({ parameter: gradient }) };
