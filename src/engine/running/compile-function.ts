import { checkInputs } from '../check-inputs.ts';
import type { CompiledFunction, FunctionDefinition } from '../engine.ts';
import { asTurn } from '../in-turn.ts';
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
  const cache = new SessionCache((sizes) => traceFunction(definition, sizes), definition.inputs, options);
  await cache.prepare();
  return {
    async run(inputs) {
      checkInputs(definition.inputs, inputs);
      return cache.use(inputs, async ({ graph, session }) => {
        const feeds = feedsOf(definition.inputs, inputs, session.inputNames);
        const results = await asTurn(() => session.run(feeds));
        return Object.fromEntries(
          graph.outputs.map(({ name }, index) => [name, toHostTensor(results[session.outputNames[index]!]!)]),
        );
      });
    },
    dispose: () => void cache.dispose(),
  };
}
