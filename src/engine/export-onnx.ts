import type { FunctionDefinition } from './engine.ts';
import { type ModelMetadata, writeModel } from './onnx/write-model.ts';
import { optimise } from './rewriting/optimise.ts';
import { traceFunction } from './tracing/trace-function.ts';

/**
 * A function with its parameters as a standalone ONNX file (opset 18), which any ONNX runtime loads. Inputs and outputs
 * have the function's names and its symbolic dimensions; `metadata` is stored in the file, for instance the version of
 * the model and the hash of its feature schema. Needs no engine.
 *
 * Throws a NotGeneralError when the function's graph differs from size to size; give sizes in place of the symbols then.
 */
export async function exportOnnx(
  definition: FunctionDefinition,
  metadata: ModelMetadata = {},
): Promise<Uint8Array> {
  return writeModel(await optimise(await traceFunction(definition)), metadata);
}
