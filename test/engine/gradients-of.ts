import type {
  Engine,
  HostTensors,
  LossFunction,
  Optimizer,
  TrainingDefinition,
} from '../../src/engine/engine.ts';

/** The gradients of a loss, as an engine's training step computes them. */
export async function gradientsOf(
  engine: Engine,
  loss: LossFunction,
  parameters: HostTensors,
  { constants = {}, inputs = {}, batch = {} }: Partial<TrainingDefinition> & { batch?: HostTensors } = {},
): Promise<HostTensors> {
  const training = await engine.compileTraining({
    loss,
    optimizer: revealing,
    parameters,
    constants,
    inputs,
  });
  await training.run(batch, 0);
  const gradients = await training.parameters();
  training.dispose();
  return gradients;
}

/** Puts the gradient in the parameter's place. */
const revealing: Optimizer = { moments: [], update: ({ gradient }) => ({ parameter: gradient }) };
