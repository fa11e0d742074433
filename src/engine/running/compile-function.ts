import { checkInputs } from '../check-inputs.ts';
import type { CompiledFunction, FunctionDefinition, HostTensors, Signature } from '../engine.ts';
import { asTurn } from '../in-turn.ts';
import { traceFunction } from '../tracing/trace-function.ts';
import { type SessionOptions, toHostTensor, toOrtTensor } from './session.ts';
import { SessionCache } from './session-cache.ts';

/** Compiles a function; its parameters become constants of the graph, which ONNX Runtime packs for its kernels. */
export async function compileFunction(
  definition: FunctionDefinition,
  options: SessionOptions,
): Promise<CompiledFunction> {
  const cache = new SessionCache((sizes) => traceFunction(definition, sizes), definition.inputs, options);
  await cache.prepare();
  return {
    async run(inputs) {
      checkInputs(definition.inputs, inputs);
      const { graph, session } = await cache.for(inputs);
      const feeds = feedsOf(definition.inputs, inputs, session.inputNames);
      const results = await asTurn(() => session.run(feeds));
      return Object.fromEntries(
        graph.outputs.map(({ name }, index) => [name, toHostTensor(results[session.outputNames[index]!]!)]),
      );
    },
    dispose: () => void cache.dispose(),
  };
}

/** Inputs in the memory they are in; those that the graph does not read are left out. */
export function feedsOf(signature: Signature, inputs: HostTensors, read: readonly string[]) {
  const names = Object.keys(signature).filter((name) => read.includes(name));
  return Object.fromEntries(names.map((name) => [name, toOrtTensor(inputs[name]!)]));
}
