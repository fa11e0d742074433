import type { ElementType } from './array-type.ts';
import {
  type Constant,
  type ConstantData,
  type Graph,
  makeGraph,
  makeNode,
  makeValue,
  type NamedValue,
  type Node,
  type Value,
} from './graph.ts';
import type { Attributes, OperatorName } from './operator-attributes.ts';
import { inferTypes } from './type-rules.ts';

type Rest<Operator extends OperatorName> = keyof Attributes[Operator] extends never
  ? [attributes?: Attributes[Operator]]
  : [attributes: Attributes[Operator]];

/** Builds a graph node by node. Infers the types, so a node whose inputs do not fit throws at once. */
export class GraphBuilder {
  readonly #inputs: NamedValue[] = [];
  readonly #constants: Constant[] = [];
  readonly #nodes: Node[] = [];
  readonly #scalars = new Map<string, Value>();
  readonly #producers = new Map<Value, Node>();

  input(name: string, dtype: ElementType, shape: readonly number[]): Value {
    const value = makeValue(dtype, shape);
    this.#inputs.push({ name, value });
    return value;
  }

  constant(dtype: ElementType, shape: readonly number[], data: ConstantData, name?: string): Value {
    const value = makeValue(dtype, shape);
    this.#constants.push({ value, data, ...(name === undefined ? {} : { name }) });
    return value;
  }

  /** Returns a scalar constant. Equal numbers share one constant. */
  scalar(number: number, dtype: ElementType = 'float32'): Value {
    const key = `${dtype}:${Object.is(number, -0) ? '-0' : number}`;
    const known = this.#scalars.get(key);
    if (known !== undefined) return known;
    const value = this.constant(dtype, [], constantData(dtype, [number]));
    this.#scalars.set(key, value);
    return value;
  }

  /** Appends a node and returns its only output. */
  emit<Operator extends OperatorName>(operator: Operator, inputs: readonly Value[], ...rest: Rest<Operator>): Value {
    return this.emitAll(operator, inputs, ...rest)[0]!;
  }

  /** Appends a node and returns all its outputs. */
  emitAll<Operator extends OperatorName>(
    operator: Operator,
    inputs: readonly Value[],
    ...[attributes = {} as Attributes[Operator]]: Rest<Operator>
  ): readonly Value[] {
    const outputs = inferTypes(operator, inputs, attributes).map(({ dtype, shape }) => makeValue(dtype, shape));
    const node = makeNode(operator, inputs, attributes, outputs);
    this.#nodes.push(node);
    for (const output of outputs) this.#producers.set(output, node);
    return outputs;
  }

  /** Returns the node that computes a value, or undefined for an input or a constant. */
  producer(value: Value): Node | undefined {
    return this.#producers.get(value);
  }

  build(outputs: Readonly<Record<string, Value>>): Graph {
    return makeGraph({
      inputs: this.#inputs,
      constants: this.#constants,
      nodes: this.#nodes,
      outputs: Object.entries(outputs).map(([name, value]) => ({ name, value })),
    });
  }
}

/** Returns numbers in the typed array of an element type. Booleans are bytes. */
export function constantData(dtype: ElementType, numbers: ArrayLike<number>): ConstantData {
  const arrays = { float32: Float32Array, int32: Int32Array, bool: Uint8Array };
  return arrays[dtype].from(numbers);
}
