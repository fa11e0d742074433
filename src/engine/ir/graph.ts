import type { ArrayType, Dimension, ElementType } from './array-type.ts';
import type { Attributes, OperatorName } from './operator-attributes.ts';

/** One array in a graph. Values are compared by identity. They have no names: the printer makes names up. */
export type Value = ArrayType;

/** The application of an operator to values. Attributes are static. Everything that varies is an input. */
export interface NodeOf<Operator extends OperatorName> {
  readonly operator: Operator;
  readonly inputs: readonly Value[];
  readonly attributes: Attributes[Operator];
  readonly outputs: readonly Value[];
}
export type Node = { [Operator in OperatorName]: NodeOf<Operator> }[OperatorName];

export type ConstantData = Float32Array | Int32Array | Uint8Array;
export interface Constant {
  readonly value: Value;
  /** Row-major elements. */
  readonly data: ConstantData;
  /** The name of a parameter, which an exported file shows. */
  readonly name?: string;
}

export interface NamedValue {
  readonly name: string;
  readonly value: Value;
}

/** A pure function of arrays. Every value is an input, a constant, or the output of exactly one earlier node. */
export interface Graph {
  readonly inputs: readonly NamedValue[];
  readonly constants: readonly Constant[];
  readonly nodes: readonly Node[];
  readonly outputs: readonly NamedValue[];
}

export function makeValue(dtype: ElementType, shape: readonly Dimension[]): Value {
  return Object.freeze({ dtype, shape: Object.freeze([...shape]) });
}

export function makeNode<Operator extends OperatorName>(
  operator: Operator,
  inputs: readonly Value[],
  attributes: Attributes[Operator],
  outputs: readonly Value[],
): Node {
  const node = {
    operator,
    inputs: Object.freeze([...inputs]),
    attributes: Object.freeze({ ...(attributes as object) }),
    outputs: Object.freeze([...outputs]),
  };
  return Object.freeze(node) as unknown as Node;
}

export function makeGraph(graph: Graph): Graph {
  return Object.freeze({
    inputs: Object.freeze([...graph.inputs]),
    constants: Object.freeze([...graph.constants]),
    nodes: Object.freeze([...graph.nodes]),
    outputs: Object.freeze([...graph.outputs]),
  });
}
