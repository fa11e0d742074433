import type { Engine, FunctionDefinition, HostTensors, TrainingDefinition } from '../../src/engine/engine.ts';
import { bestOf } from './measurement.ts';

/** Milliseconds of one optimiser step on this batch. */
export async function timeTraining(
  engine: Engine,
  definition: TrainingDefinition,
  batch: HostTensors,
  runs: number,
): Promise<number> {
  const step = await engine.compileTraining(definition);
  const time = await bestOf(runs, () => step.run(batch, 1e-4));
  step.dispose();
  return time;
}

/** Milliseconds of one run of a function. */
export async function timeFunction(
  engine: Engine,
  definition: FunctionDefinition,
  inputs: HostTensors,
  runs: number,
): Promise<number> {
  const compiled = await engine.compile(definition);
  const time = await bestOf(runs, () => compiled.run(inputs));
  compiled.dispose();
  return time;
}
