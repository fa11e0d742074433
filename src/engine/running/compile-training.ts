import { Tensor } from 'onnxruntime-node';
import { checkInputs } from '../check-inputs.ts';
import type { HostTensor, HostTensors, TrainingDefinition, TrainingStep } from '../engine.ts';
import {
  learningRateInput,
  lossOutput,
  nextName,
  stateName,
  stepInput,
  traceTraining,
} from '../tracing/trace-training.ts';
import { toHostTensor, toOrtTensor } from './ort-tensor.ts';
import { feedsOf, type SessionOptions } from './session.ts';
import { SessionCache } from './session-cache.ts';

type Buffers = Readonly<Record<string, Tensor>>;

/**
 * Compiles a training step. Parameters and moments live in two sets of buffers. A step reads one set, writes the other,
 * and then swaps them. Therefore a step allocates no state, and a step that throws changes nothing. Neither the state
 * nor the inputs are copied.
 */
export async function compileTraining(definition: TrainingDefinition, options: SessionOptions): Promise<TrainingStep> {
  const cache = new SessionCache((sizes) => traceTraining(definition, sizes), definition.inputs, options);
  await cache.prepare();
  let current = startOf(definition);
  let next = mapBuffers(current, (buffer) => like(toHostTensor(buffer)));
  let steps = 0;
  const loss = new Tensor('float32', new Float32Array(1), []);
  return {
    async run(inputs, learningRate) {
      checkInputs(definition.inputs, inputs);
      return cache.use(inputs, async ({ session }) => {
        const scalars = { [stepInput]: scalar(steps + 1), [learningRateInput]: scalar(learningRate) };
        const feeds = { ...feedsOf(definition.inputs, inputs, session.inputNames), ...scalars, ...current };
        await session.run(onlyRead(feeds, session.inputNames), { [lossOutput]: loss, ...asOutputs(next) });
        [current, next] = [next, current];
        steps += 1;
        return (loss.data as Float32Array)[0]!;
      });
    },
    parameters: async () => parametersOf(definition, current),
    dispose: () => void cache.dispose(),
  };
}

/** Returns copies of the given parameters, and moments of zeros. */
function startOf({ parameters, optimizer }: TrainingDefinition): Buffers {
  const parts = Object.entries(parameters).flatMap(([name, start]): [string, Tensor][] => [
    [stateName(name, 'parameter'), toOrtTensor({ ...start, data: start.data.slice() })],
    ...optimizer.moments.map((moment): [string, Tensor] => [stateName(name, moment), like(start)]),
  ]);
  return Object.fromEntries(parts);
}

function parametersOf({ parameters }: TrainingDefinition, current: Buffers): HostTensors {
  return Object.fromEntries(
    Object.keys(parameters).map((name) => {
      const buffer = toHostTensor(current[stateName(name, 'parameter')]!);
      return [name, { ...buffer, data: buffer.data.slice() }];
    }),
  );
}

function like({ dtype, shape, data }: HostTensor): Tensor {
  const zeros = dtype === 'float32' ? new Float32Array(data.length) : new Int32Array(data.length);
  return toOrtTensor({ dtype, shape, data: zeros });
}

function asOutputs(buffers: Buffers): Buffers {
  return Object.fromEntries(Object.entries(buffers).map(([name, buffer]) => [nextName(name), buffer]));
}

function onlyRead(feeds: Buffers, read: readonly string[]): Buffers {
  return Object.fromEntries(read.map((name) => [name, feeds[name]!]));
}

function mapBuffers(buffers: Buffers, map: (buffer: Tensor) => Tensor): Buffers {
  return Object.fromEntries(Object.entries(buffers).map(([name, buffer]) => [name, map(buffer)]));
}

function scalar(value: number): Tensor {
  return new Tensor('float32', Float32Array.of(value), []);
}
