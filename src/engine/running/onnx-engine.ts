import type { Engine } from '../engine.ts';
import { compileFunction } from './compile-function.ts';
import { compileTraining } from './compile-training.ts';
import type { SessionOptions } from './session.ts';
import { ThreadFunctions } from './thread-functions.ts';

const threadFunctions = new ThreadFunctions();

/**
 * Returns an engine that traces a function once and runs its graph in ONNX Runtime. A run computes on the calling
 * thread and takes about 2 ms for 1,000 candidates of CMML-FiLM (`npm run -s bench -- engine`). Functions with a
 * `threadSource` run in a separate thread, on the CPU.
 */
export function onnxEngine(options: SessionOptions = {}): Engine {
  return {
    name: 'onnx',
    rowsPerRun: 2048,
    compile: (definition) =>
      definition.threadSource
        ? threadFunctions.compile(definition.threadSource, options)
        : compileFunction(definition, options),
    compileTraining: (definition) => compileTraining(definition, options),
  };
}
