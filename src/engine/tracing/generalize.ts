import { inTurn } from '../in-turn.ts';
import { type Dimension, evaluateShape, explainDimension, type Sizes } from '../ir/array-type.ts';
import { checkGraph } from '../ir/check-graph.ts';
import {
  type Constant,
  type ConstantData,
  type Graph,
  makeGraph,
  makeNode,
  makeValue,
  type Node,
  type Value,
} from '../ir/graph.ts';

/** Thrown if a function's graph depends on a size in a way that symbols cannot express. */
export class NotGeneralError extends Error {
  override name = 'NotGeneralError';
}

/** Three sizes per symbol: two explain a dimension, the third verifies it. Primes keep sizes and products distinct. */
const probes = [
  [5, 7, 19],
  [11, 13, 23],
  [17, 29, 31],
  [37, 41, 43],
] as const;

/**
 * Returns one graph for all sizes of the symbols. It traces at three assignments of sizes. A dimension that differs
 * between the traces becomes a symbolic size. Throws a NotGeneralError that names the node if the traces differ in
 * anything else.
 */
export async function generalize(traceAt: (sizes: Sizes) => Graph, symbols: readonly string[]): Promise<Graph> {
  if (symbols.length === 0) return inTurn(() => traceAt({}));
  if (symbols.length > probes.length) {
    throw new NotGeneralError(`expected at most ${probes.length} symbolic dimensions, got ${symbols.length}`);
  }
  const samples = [0, 1, 2].map((sample) =>
    Object.fromEntries(symbols.map((symbol, index) => [symbol, probes[index]![sample]!])),
  );
  const graphs = await Promise.all(samples.map((sizes) => inTurn(() => traceAt(sizes))));
  return inTurn(() => checkGraph(new Unification(samples).unify(graphs), 'generalizing'));
}

class Unification {
  readonly #samples: readonly Sizes[];
  readonly #unified = new Map<Value, Value>();
  readonly #constants: Constant[] = [];
  readonly #nodes: Node[] = [];

  constructor(samples: readonly Sizes[]) {
    this.#samples = samples;
  }

  unify(graphs: readonly Graph[]): Graph {
    const [first] = graphs as [Graph];
    const lengths = new Set(graphs.map(({ nodes, constants }) => `${nodes.length}, ${constants.length}`));
    if (lengths.size > 1) throw new NotGeneralError('the function does different operations at different sizes');
    const inputs = first.inputs.map(({ name }, index) => ({
      name,
      value: this.#value(
        graphs.map((graph) => graph.inputs[index]!.value),
        `input "${name}"`,
      ),
    }));
    first.constants.forEach((_, index) => {
      this.#constant(graphs.map((graph) => graph.constants[index]!));
    });
    first.nodes.forEach((_, index) => {
      this.#node(
        graphs.map((graph) => graph.nodes[index]!),
        index,
      );
    });
    const outputs = first.outputs.map(({ name, value }) => ({ name, value: this.#unified.get(value)! }));
    return makeGraph({ inputs, constants: this.#constants, nodes: this.#nodes, outputs });
  }

  #value(seen: readonly Value[], where: string): Value {
    const [first] = seen as [Value];
    const value = makeValue(
      first.dtype,
      this.#shape(
        seen.map(({ shape }) => shape),
        where,
      ),
    );
    this.#unified.set(first, value);
    return value;
  }

  #shape(seen: readonly (readonly Dimension[])[], where: string): Dimension[] {
    const shapes = seen.map((shape) => evaluateShape(shape));
    return shapes[0]!.map((_, axis) => {
      const sizes = shapes.map((shape) => shape[axis]!);
      const explained = explainDimension(sizes, this.#samples);
      if (explained === null)
        throw new NotGeneralError(`${where}: a dimension of ${sizes.join(', ')} does not follow from the symbols`);
      return explained;
    });
  }

  #constant(seen: readonly Constant[]): void {
    const [first] = seen as [Constant];
    if (seen.every(({ data }) => sameNumbers(data, first.data))) {
      this.#unified.set(first.value, first.value);
      this.#constants.push(first);
      return;
    }
    // A number that follows from a size, such as the divisor in the gradient of a mean.
    const dtype = first.value.dtype;
    const dimension =
      first.data.length === 1
        ? explainDimension(
            seen.map(({ data }) => data[0]!),
            this.#samples,
          )
        : null;
    if (dimension === null || dtype === 'bool' || first.value.shape.length > 0) {
      throw new NotGeneralError(`a constant [${first.value.shape}] depends on a size`);
    }
    const value = makeValue(dtype, []);
    this.#unified.set(first.value, value);
    this.#nodes.push(makeNode('DimensionSize', [], { dimension, dtype }, [value]));
  }

  #node(seen: readonly Node[], position: number): void {
    const [first] = seen as [Node];
    const where = `node ${position} (${first.operator})`;
    if (seen.some(({ operator }) => operator !== first.operator))
      throw new NotGeneralError(`${where} is another operator at other sizes`);
    const attributes: Record<string, unknown> = { ...first.attributes };
    for (const key of Object.keys(attributes)) {
      const values = seen.map((node) => (node.attributes as Record<string, unknown>)[key]);
      if (key === 'shape') attributes[key] = this.#shape(values as number[][], where);
      else if (values.some((value) => JSON.stringify(value) !== JSON.stringify(values[0]))) {
        throw new NotGeneralError(`${where} has "${key}" ${values.map((value) => JSON.stringify(value)).join(' or ')}`);
      }
    }
    const inputs = first.inputs.map((input) => this.#unified.get(input)!);
    const outputs = first.outputs.map((_, index) =>
      this.#value(
        seen.map((node) => node.outputs[index]!),
        where,
      ),
    );
    this.#nodes.push(makeNode(first.operator, inputs, attributes as never, outputs));
  }
}

/** A parameter can be large, but is the same array in every trace. Constants that a trace creates are small. */
function sameNumbers(a: ConstantData, b: ConstantData): boolean {
  return a === b || (a.length === b.length && a.every((x, index) => x === b[index]));
}
