import type { Engine, HostTensors, LossFunction, TrainingDefinition } from '../../src/engine/engine.ts';

/** Returns the value of a loss on a batch, as an engine computes it without a training step. */
export async function lossOf(
  engine: Engine,
  loss: LossFunction,
  parameters: HostTensors,
  { constants, inputs, batch }: Pick<TrainingDefinition, 'constants' | 'inputs'> & { readonly batch: HostTensors },
): Promise<number> {
  const compiled = await engine.compile({
    fn: (all, given) => ({ loss: loss(all, { ...all, ...given }) }),
    parameters: { ...parameters, ...constants },
    inputs,
  });
  const { loss: value } = await compiled.run(batch);
  compiled.dispose();
  return value?.data[0] as number;
}
