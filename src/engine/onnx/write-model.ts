import type { FunctionDefinition } from '../engine.ts';
import type { Dimension } from '../ir/array-type.ts';
import type { Graph, NodeOf, Value } from '../ir/graph.ts';
import type { OperatorName } from '../ir/operator-attributes.ts';
import { printDimension } from '../ir/print-graph.ts';
import { optimize } from '../rewriting/optimize.ts';
import { traceFunction } from '../tracing/trace-function.ts';
import { ModelWriter } from './model-writer.ts';
import { nodeWriters } from './node-writers.ts';
import { dataTypes, ModelProto } from './onnx-schema.ts';

/** Text by key that an ONNX file stores, such as the version of its model. */
export type ModelMetadata = Readonly<Record<string, string>>;

/**
 * Returns a function with its parameters as a standalone ONNX file (opset 18), which any ONNX runtime can load. Inputs
 * and outputs have the function's names and symbolic dimensions. `metadata` is stored in the file, for example the
 * version of the model and the hash of its feature schema. Needs no engine.
 *
 * Throws a NotGeneralError if the function's graph differs between sizes. In that case, use sizes instead of symbols.
 */
export async function exportOnnx(definition: FunctionDefinition, metadata: ModelMetadata = {}): Promise<Uint8Array> {
  return writeModel(await optimize(await traceFunction(definition)), metadata);
}

/** Returns a graph as the bytes of an ONNX model (IR version 8, opset 18), which any ONNX runtime can load. */
export function writeModel(graph: Graph, metadata: ModelMetadata = {}): Uint8Array {
  const writer = new ModelWriter(graph);
  for (const node of graph.nodes) {
    const write = nodeWriters[node.operator] as (writer: ModelWriter, node: NodeOf<OperatorName>) => void;
    write(writer, node);
  }
  writer.finish();
  const model = {
    irVersion: 8,
    producerName: 'warmstart',
    opsetImport: [{ domain: '', version: 18 }],
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    graph: {
      name: 'graph',
      node: writer.nodes,
      initializer: writer.initializers,
      input: graph.inputs.map(({ name, value }) => valueInfo(name, value)),
      output: graph.outputs.map(({ value }, index) => valueInfo(writer.outputs[index]!, value)),
    },
  };
  return ModelProto.encode(model).finish();
}

function valueInfo(name: string, { dtype, shape }: Value) {
  return {
    name,
    type: { tensorType: { elemType: dataTypes[dtype], shape: { dim: shape.map(dimensionProto) } } },
  };
}

function dimensionProto(dimension: Dimension) {
  return typeof dimension === 'number' ? { dimValue: dimension } : { dimParam: printDimension(dimension) };
}
