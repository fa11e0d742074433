import type { Graph, Value } from '../ir/graph.ts';
import { rewriteNodes } from './rewrite-nodes.ts';

/** Merges nodes with the same operator, inputs and attributes. */
export function shareEqualNodes(graph: Graph): Graph {
  const identities = new Map<Value, number>();
  const identity = (value: Value) => {
    if (!identities.has(value)) identities.set(value, identities.size);
    return identities.get(value);
  };
  const known = new Map<string, readonly Value[]>();
  // Only scalars are compared, because larger constants are rarely equal and expensive to compare.
  const constants = new Map(
    graph.constants
      .filter(({ value, name }) => value.shape.length === 0 && name === undefined)
      .map(({ value, data }) => [value, `${value.dtype} ${data[0]}`] as const),
  );
  return rewriteNodes(graph, ({ operator, inputs, attributes, outputs }) => {
    const operands = inputs.map((input) => constants.get(input) ?? identity(input));
    const key = `${operator}(${operands.join(',')})${JSON.stringify(attributes)}`;
    const earlier = known.get(key);
    if (earlier !== undefined) return earlier;
    known.set(key, outputs);
    return null;
  });
}
