import { mean, type Scalar, square, type Tensor, zeros } from '@tensorflow/tfjs-core';
import type { Engine, TrainingDefinition } from '../../src/engine/engine.ts';
import { type GruParameters, gru } from '../../src/engine/gru.ts';
import { adam } from '../../src/models/adam.ts';
import { madeUpNumbers } from './made-up-numbers.ts';
import { timeTraining } from './time-definition.ts';

/** The paper's GRU encoder of scenarios: 64 positive and 64 negative pairs of 128 numbers and a label of 2. */
export const gruSize = { tasks: 32, steps: 128, hidden: 256 };
const width = 130;

/** Milliseconds of a training step of a GRU. */
export function timeGru(engine: Engine): Promise<number> {
  const { tasks, steps, hidden } = gruSize;
  const definition: TrainingDefinition = {
    loss: (parameters, { pairs }) => {
      const start = zeros([tasks, hidden]);
      return mean(square(gru(parameters as unknown as GruParameters, pairs as Tensor, start))) as Scalar;
    },
    optimiser: adam(),
    parameters: {
      inputWeight: madeUpNumbers([width, 3 * hidden]),
      inputBias: madeUpNumbers([3 * hidden]),
      stateWeight: madeUpNumbers([hidden, 3 * hidden]),
      candidateBias: madeUpNumbers([hidden]),
    },
    constants: {},
    inputs: { pairs: { dtype: 'float32', shape: [tasks, steps, width] } },
  };
  return timeTraining(engine, definition, { pairs: madeUpNumbers([tasks, steps, width]) }, 5);
}
