import type { Engine } from './engine.ts';
import { compileFunction } from './running/compile-function.ts';
import { compileTraining } from './running/compile-training.ts';
import type { SessionOptions } from './running/session.ts';

/**
 * An engine that traces a function once, to a graph, and runs the graph in ONNX Runtime.
 * A run computes on the calling thread, at some 2 ms for 1,000 candidates of CMML-FiLM (`npm run -s bench -- engine`).
 */
export function onnxEngine(options: SessionOptions = {}): Engine {
  return {
    name: 'onnx',
    rowsPerRun: 2048,
    compile: (definition) => compileFunction(definition, options),
    compileTraining: (definition) => compileTraining(definition, options),
  };
}
