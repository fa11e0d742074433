import { sizeOf } from '../../src/engine/host-tensor.ts';
import { type ArrayType, type Dimension, evaluateShape, symbolicSize } from '../../src/engine/ir/array-type.ts';
import {
  type Constant,
  type Graph,
  makeGraph,
  makeNode,
  makeValue,
  type NamedValue,
  type Node,
  type Value,
} from '../../src/engine/ir/graph.ts';
import { constantData } from '../../src/engine/ir/graph-builder.ts';

/**
 * Returns the graph whose `printGraph` is `text`, so that tests can write graphs as text. The text does not contain the
 * data of constants, so the parser makes numbers up. A number among the inputs of a node is a scalar. It has the type
 * of the input before it, or float32 if it is the first input.
 */
export function parseGraph(text: string): Graph {
  const values = new Map<string, Value>();
  const define = (name: string, value: Value) => {
    values.set(name, value);
    return value;
  };
  const inputs: NamedValue[] = [];
  const constants: Constant[] = [];
  const nodes: Node[] = [];
  const outputs: NamedValue[] = [];
  const operand = (name: string, like: Value | undefined): Value => {
    const known = values.get(name);
    if (known !== undefined) return known;
    const value = define(name, makeValue(like?.dtype ?? 'float32', []));
    constants.push({ value, data: constantData(value.dtype, [Number(name)]) });
    return value;
  };
  for (const line of text.trim().split('\n')) {
    const [, kind, name, rest] = /^\s*(?:(inputs|const|outputs) +)?([\w/]+)(.*)$/.exec(line)!;
    if (kind === 'outputs') outputs.push({ name: name!, value: values.get(rest!.replace(' = ', ''))! });
    else if (kind === 'inputs') inputs.push({ name: name!, value: define(name!, typesIn(rest!)[0]!) });
    else if (kind === 'const') {
      const value = define(name!, typesIn(rest!)[0]!);
      constants.push({ value, data: constantData(value.dtype, numbersFor(value)), name: name! });
    } else nodes.push(parseNode(line.trim(), operand, define));
  }
  return makeGraph({ inputs, constants, nodes, outputs });
}

/** Returns distinct numbers between -1 and 1 for the elements of an array. */
export function numbersFor({ shape }: ArrayType, sizes = {}): number[] {
  const concrete = evaluateShape(shape, sizes);
  return Array.from({ length: sizeOf(concrete) }, (_, index) => Math.sin(1 + 2 * index + concrete.length));
}

/** Parses a line such as `a: float32[n, 2] = Gemm(x, w) {transposeA: false, transposeB: true}`. */
function parseNode(
  line: string,
  operand: (name: string, like: Value | undefined) => Value,
  define: (name: string, value: Value) => Value,
): Node {
  const [, left, operator, listed, attributes = ''] = /^(.*) = (\w+)\((.*?)\)(?: \{(.*)\})?$/.exec(line)!;
  const inputs: Value[] = [];
  for (const name of listed!.split(', ').filter(Boolean)) inputs.push(operand(name, inputs.at(-1)));
  const names = [...left!.matchAll(/(\w+): /g)].map(([, name]) => name!);
  const outputs = typesIn(left!).map((value, index) => define(names[index]!, value));
  const pairs = [...attributes.matchAll(/(\w+): (\[.*?\]|[^,]+)/g)];
  const parsed = Object.fromEntries(pairs.map(([, key, value]) => [key, parseAttribute(value!)]));
  return makeNode(operator as Node['operator'], inputs, parsed as never, outputs);
}

function typesIn(text: string): Value[] {
  return [...text.matchAll(/: (float32|int32|bool)\[(.*?)\]/g)].map(([, dtype, shape]) =>
    makeValue(dtype as Value['dtype'], parseList(shape!)),
  );
}

function parseAttribute(text: string): unknown {
  if (text.startsWith('[')) return parseList(text.slice(1, -1));
  if (text === 'true' || text === 'false') return text === 'true';
  return /^(float32|int32|bool)$/.test(text) ? text : parseDimension(text);
}

function parseList(text: string): Dimension[] {
  return text === '' ? [] : text.split(', ').map(parseDimension);
}

/** Parses a dimension such as `2*n*m+1`. */
function parseDimension(text: string): Dimension {
  if (Number.isFinite(Number(text))) return Number(text);
  const [, factor = '1', product, offset = '0'] = /^(?:(\d+)\*)?([^+-]+)([+-]\d+)?$/.exec(text)!;
  return symbolicSize(product!.split('*'), Number(factor), Number(offset));
}
