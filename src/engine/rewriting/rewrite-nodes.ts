import type { ArrayType, ElementType } from '../ir/array-type.ts';
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
import { constantData } from '../ir/graph-builder.ts';
import type { Attributes, OperatorName } from '../ir/operator-attributes.ts';

/** Returns the values that replace the outputs of a node, or null to keep it. Its inputs are already rewritten. */
export type NodeRule = (node: Node, rewriter: Rewriter) => readonly Value[] | null;

/** Applies a rule to every node in order. Replaces each value everywhere it is used. */
export function rewriteNodes(graph: Graph, rule: NodeRule): Graph {
  const rewriter = new Rewriter(graph);
  for (const node of graph.nodes) rewriter.visit(node, rule);
  return rewriter.finish();
}

/** A graph while it is rewritten. Rules use it to query values and to add nodes. */
export class Rewriter {
  readonly #graph: Graph;
  readonly #nodes: Node[] = [];
  readonly #constants: Constant[];
  readonly #data = new Map<Value, ConstantData>();
  readonly #producers = new Map<Value, Node>();
  readonly #replaced = new Map<Value, Value>();
  readonly #uses = new Map<Value, number>();
  readonly #scalars = new Map<string, Value>();

  constructor(graph: Graph) {
    this.#graph = graph;
    this.#constants = [...graph.constants];
    for (const { value, data } of graph.constants) this.#data.set(value, data);
    const used = [...graph.nodes.flatMap(({ inputs }) => inputs), ...graph.outputs.map(({ value }) => value)];
    for (const value of used) this.#uses.set(value, this.uses(value) + 1);
  }

  /** Returns the node that computes a value, or undefined for an input or a constant. */
  producer(value: Value): Node | undefined {
    return this.#producers.get(value);
  }

  /** Returns how often nodes and outputs use a value. */
  uses(value: Value): number {
    return this.#uses.get(value) ?? 0;
  }

  /** Returns the number of a constant scalar, or undefined for any other value. */
  number(value: Value): number | undefined {
    const data = this.#data.get(value);
    return data?.length === 1 && value.shape.length === 0 ? data[0] : undefined;
  }

  scalar(number: number, dtype: ElementType): Value {
    const key = `${dtype}:${number}`;
    const known = this.#scalars.get(key);
    if (known !== undefined) return known;
    const value = makeValue(dtype, []);
    const data = constantData(dtype, [number]);
    this.#constants.push({ value, data });
    this.#data.set(value, data);
    this.#scalars.set(key, value);
    return value;
  }

  /** Appends a node with one output of this type. The checker checks the type after the rewrite. */
  emit<Operator extends OperatorName>(
    operator: Operator,
    inputs: readonly Value[],
    attributes: Attributes[Operator],
    type: ArrayType,
  ): Value {
    const output = makeValue(type.dtype, type.shape);
    this.#append(makeNode(operator, inputs, attributes, [output]));
    for (const input of inputs) this.#uses.set(input, this.uses(input) + 1);
    this.#uses.set(output, 0);
    return output;
  }

  visit(node: Node, rule: NodeRule): void {
    const inputs = node.inputs.map((input) => this.#replaced.get(input) ?? input);
    const changed = inputs.some((input, index) => input !== node.inputs[index]);
    const current = changed ? makeNode(node.operator, inputs, node.attributes, node.outputs) : node;
    const replacements = rule(current, this);
    if (replacements === null) {
      this.#append(current);
      return;
    }
    node.outputs.forEach((output, index) => {
      const replacement = replacements[index]!;
      this.#replaced.set(output, replacement);
      this.#uses.set(replacement, this.uses(replacement) + this.uses(output));
    });
  }

  finish(): Graph {
    const outputs = this.#graph.outputs.map(({ name, value }) => ({
      name,
      value: this.#replaced.get(value) ?? value,
    }));
    return makeGraph({ inputs: this.#graph.inputs, constants: this.#constants, nodes: this.#nodes, outputs });
  }

  #append(node: Node): void {
    this.#nodes.push(node);
    for (const output of node.outputs) this.#producers.set(output, node);
  }
}
