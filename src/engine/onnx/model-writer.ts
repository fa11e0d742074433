import { type Dimension, evaluateShape, sameDimension, symbolicSize } from '../ir/array-type.ts';
import type { ConstantData, Graph, Value } from '../ir/graph.ts';
import { printDimension } from '../ir/print-graph.ts';
import { attributeTypes, dataTypes } from './onnx-schema.ts';

type AttributeValue = number | string | readonly number[] | { readonly float: number };
type Proto = Readonly<Record<string, unknown>>;

/** Collects the nodes and initializers of a model, and names the values of the graph. */
export class ModelWriter {
  readonly nodes: Proto[] = [];
  readonly initializers: Proto[] = [];
  /** The names of the outputs, in the graph's order. */
  readonly outputs: string[] = [];
  readonly #names = new Map<Value, string>();
  readonly #claimed = new Set<string>();
  readonly #shared = new Map<string, string>();
  readonly #graph: Graph;
  #made = 0;

  constructor(graph: Graph) {
    this.#graph = graph;
    for (const { name, value } of graph.inputs) this.#names.set(value, this.#claim(name));
    for (const { value, data, name } of graph.constants) {
      const label = name === undefined ? this.fresh() : this.#claim(name);
      this.#names.set(value, label);
      this.#initializer(label, evaluateShape(value.shape), dataTypes[value.dtype], data);
    }
    for (const { name, value } of graph.outputs) {
      const label = this.#claim(name);
      this.outputs.push(label);
      // A computed value takes the name of its output. `finish` copies any other value to its output.
      if (!this.#names.has(value)) this.#names.set(value, label);
    }
  }

  /** Appends copies for outputs that are inputs, constants or other outputs. */
  finish(): void {
    this.#graph.outputs.forEach(({ value }, index) => {
      const name = this.outputs[index]!;
      if (this.name(value) !== name) this.node('Identity', [this.name(value)], {}, [name]);
    });
  }

  name(value: Value): string {
    let name = this.#names.get(value);
    if (name === undefined) {
      name = this.fresh();
      this.#names.set(value, name);
    }
    return name;
  }

  /** Returns an unused name. It starts with a slash, unlike the names of inputs, parameters and outputs. */
  fresh(): string {
    this.#made += 1;
    return `/${this.#made}`;
  }

  /** Appends a node and returns the name of its first output. By default, the node has one output with a fresh name. */
  node(
    opType: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
    outputs: readonly string[] = [this.fresh()],
  ): string {
    const attribute = Object.entries(attributes).map(([name, value]) => attributeProto(name, value));
    this.nodes.push({
      name: `${opType}_${this.nodes.length}`,
      opType,
      input: inputs,
      output: outputs,
      attribute,
    });
    return outputs[0]!;
  }

  /** Returns the name of a constant int64 vector, the type that ONNX uses for shapes and axes. */
  int64s(numbers: readonly number[]): string {
    return this.#once(`int64s:${numbers}`, () => {
      const name = this.fresh();
      this.#initializer(name, [numbers.length], dataTypes.int64, BigInt64Array.from(numbers, BigInt));
      return name;
    });
  }

  scalar(number: number, dtype: 'float32' | 'int32'): string {
    return this.#once(`${dtype}:${number}`, () => {
      const name = this.fresh();
      const data = dtype === 'float32' ? Float32Array.of(number) : Int32Array.of(number);
      this.#initializer(name, [], dataTypes[dtype], data);
      return name;
    });
  }

  /** Returns the name of an int64 vector of sizes. The model reads symbols from its inputs when it runs. */
  shape(dimensions: readonly Dimension[]): string {
    const sizes = dimensions.filter((dimension) => typeof dimension === 'number');
    if (sizes.length === dimensions.length) return this.int64s(sizes);
    const parts = dimensions.map((dimension) => this.size(dimension));
    return this.#once(`shape:${dimensions.map(printDimension)}`, () => this.node('Concat', parts, { axis: 0 }));
  }

  /** Returns the name of an int64 vector of one element, the size of a dimension. */
  size(dimension: Dimension): string {
    if (typeof dimension === 'number') return this.int64s([dimension]);
    return this.#once(`size:${printDimension(dimension)}`, () => {
      const { factor, symbols, offset } = dimension;
      const factors = [
        ...(factor === 1 ? [] : [this.int64s([factor])]),
        ...symbols.map((symbol) => this.#symbol(symbol)),
      ];
      const product = this.#fold('Mul', factors);
      return offset === 0 ? product : this.#fold('Add', [product, this.int64s([offset])]);
    });
  }

  /** Returns the caller's name, with apostrophes if another input, parameter or output has the same name. */
  #claim(name: string): string {
    let free = name;
    while (this.#claimed.has(free)) free = `${free}'`;
    this.#claimed.add(free);
    return free;
  }

  /** Returns the name of the size of a symbol, which the model reads from the first input with that dimension. */
  #symbol(symbol: string): string {
    return this.#once(`symbol:${symbol}`, () => {
      const dimension = symbolicSize([symbol]);
      for (const { name, value } of this.#graph.inputs) {
        const axis = value.shape.findIndex((size) => sameDimension(size, dimension));
        if (axis >= 0) return this.node('Shape', [name], { start: axis, end: axis + 1 });
      }
      throw new Error(`no input has a dimension "${symbol}"`);
    });
  }

  #fold(opType: 'Add' | 'Mul', names: readonly string[]): string {
    return names.reduce((left, right) => this.node(opType, [left, right]));
  }

  #once(key: string, make: () => string): string {
    const known = this.#shared.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.#shared.set(key, made);
    return made;
  }

  #initializer(name: string, dims: readonly number[], dataType: number, data: ConstantData | BigInt64Array): void {
    const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    this.initializers.push({ name, dims, dataType, rawData });
  }
}

function attributeProto(name: string, value: AttributeValue): Proto {
  if (typeof value === 'number') return { name, i: value, type: attributeTypes.int };
  if (typeof value === 'string') return { name, s: new TextEncoder().encode(value), type: attributeTypes.string };
  if ('float' in value) return { name, f: value.float, type: attributeTypes.float };
  return { name, ints: value, type: attributeTypes.ints };
}
