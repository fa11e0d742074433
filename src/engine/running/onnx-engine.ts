import { checkInputs } from '../check-inputs.ts';
import type { CompiledFunction, Engine, FunctionDefinition } from '../engine.ts';
import { asTurn } from '../in-turn.ts';
import { traceFunction } from '../tracing/trace-function.ts';
import { compileTraining } from './compile-training.ts';
import { toHostTensor } from './ort-tensor.ts';
import { feedsOf, type SessionOptions } from './session.ts';
import { SessionCache } from './session-cache.ts';

/**
 * Returns an engine that traces a function once and runs its graph in ONNX Runtime. A run computes on the calling
 * thread and takes about 2 ms for 1,000 candidates of CMML-FiLM (`npm run -s bench -- engine`).
 */
export function onnxEngine(options: SessionOptions = {}): Engine {
  return {
    name: 'onnx',
    rowsPerRun: 2048,
    compile: (definition) => compileFunction(definition, options),
    compileTraining: (definition) => compileTraining(definition, options),
  };
}

/** Compiles a function. Its parameters become constants of the graph, which ONNX Runtime packs for its kernels. */
async function compileFunction(definition: FunctionDefinition, options: SessionOptions): Promise<CompiledFunction> {
  const { apart = false } = definition;
  const cache = new SessionCache((sizes) => traceFunction(definition, sizes), definition.inputs, { ...options, apart });
  await cache.prepare();
  return {
    async run(inputs) {
      checkInputs(definition.inputs, inputs);
      return cache.use(inputs, async ({ graph, session }) => {
        const feeds = feedsOf(definition.inputs, inputs, session.inputNames);
        const results = apart ? await session.run(feeds) : await asTurn(() => session.run(feeds));
        return Object.fromEntries(
          graph.outputs.map(({ name }, index) => [name, toHostTensor(results[session.outputNames[index]!]!)]),
        );
      });
    },
    dispose: () => void cache.dispose(),
  };
}
