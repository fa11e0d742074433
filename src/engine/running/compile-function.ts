import { checkInputs } from '../check-inputs.ts';
import type { CompiledFunction, FunctionDefinition } from '../engine.ts';
import { asTurn } from '../in-turn.ts';
import type { Sizes } from '../ir/array-type.ts';
import type { Graph } from '../ir/graph.ts';
import { traceFunction } from '../tracing/trace-function.ts';
import { toHostTensor } from './ort-tensor.ts';
import { feedsOf, type SessionOptions } from './session.ts';
import { SessionCache } from './session-cache.ts';

/**
 * Compiles a function for the calling thread. Its parameters become constants of the graph, which ONNX Runtime packs
 * for its kernels.
 */
export async function compileFunction(
  definition: FunctionDefinition,
  options: SessionOptions,
): Promise<CompiledFunction> {
  const { inputs: signature } = definition;
  const cache = new SessionCache(tracing(definition), signature, options);
  await cache.prepare();
  return {
    async run(inputs) {
      checkInputs(signature, inputs);
      return cache.use(inputs, async ({ graph, session }) => {
        const feeds = feedsOf(signature, inputs, session.inputNames);
        const results = await asTurn(() => session.run(feeds));
        return Object.fromEntries(
          graph.outputs.map(({ name }, index) => [name, toHostTensor(results[session.outputNames[index]!]!)]),
        );
      });
    },
    dispose: () => void cache.dispose(),
  };
}

/** The closure is made here, so that the compiled function does not hold the definition, with its parameters. */
function tracing(definition: FunctionDefinition): (sizes?: Sizes) => Promise<Graph> {
  return (sizes) => traceFunction(definition, sizes);
}
