import type { Value } from '../ir/graph.ts';
import type { GraphBuilder } from '../ir/graph-builder.ts';
import type { Attributes, OperatorName } from '../ir/operator-attributes.ts';
import { cast, filled, kernel, type Lowering, shapeOf } from './lowering.ts';

type None = Readonly<Record<never, never>>;
type Plain = {
  [Operator in OperatorName]: Attributes[Operator] extends None ? Operator : never;
}[OperatorName];

/** Kernels that compute element by element. Binary kernels broadcast. */
export const elementwiseLowerings = {
  Abs: unary('Abs'),
  Ceil: unary('Ceil'),
  Cos: unary('Cos'),
  Erf: unary('Erf'),
  Exp: unary('Exp'),
  Floor: unary('Floor'),
  Log: unary('Log'),
  LogicalNot: unary('Not'),
  Neg: unary('Neg'),
  Reciprocal: unary('Reciprocal'),
  Round: unary('Round'),
  Sigmoid: unary('Sigmoid'),
  Sign: unary('Sign'),
  Sin: unary('Sin'),
  Softplus: unary('Softplus'),
  Sqrt: unary('Sqrt'),
  Tanh: unary('Tanh'),
  Relu: kernel<'x'>(({ x }, graph) =>
    x.dtype === 'float32' ? graph.emit('Relu', [x]) : graph.emit('Max', [x, graph.scalar(0, x.dtype)]),
  ),
  Relu6: kernel<'x'>(({ x }, graph) => clip(graph, x, 0, 6)),
  Elu: kernel<'x'>(({ x }, graph) => graph.emit('Elu', [x], { alpha: 1 })),
  LeakyRelu: kernel<'x', { alpha: number }>(({ x }, graph, { alpha }) => graph.emit('LeakyRelu', [x], { alpha })),
  Square: kernel<'x'>(({ x }, graph) => graph.emit('Mul', [x, x])),
  Rsqrt: kernel<'x'>(({ x }, graph) => graph.emit('Reciprocal', [graph.emit('Sqrt', [x])])),
  Log1p: kernel<'x'>(({ x }, graph) => graph.emit('Log', [graph.emit('Add', [x, graph.scalar(1)])])),
  Expm1: kernel<'x'>(({ x }, graph) => graph.emit('Sub', [graph.emit('Exp', [x]), graph.scalar(1)])),
  IsNan: kernel<'x'>(({ x }, graph) => graph.emit('Not', [graph.emit('Equal', [x, x])])),
  ClipByValue: kernel<'x', { clipValueMin: number; clipValueMax: number }>(({ x }, graph, attributes) =>
    clip(graph, x, attributes.clipValueMin, attributes.clipValueMax),
  ),
  // In tfjs, a step is 1 if x > 0, and otherwise alpha.
  Step: kernel<'x', { alpha: number }>(({ x }, graph, { alpha }) => {
    const positive = graph.emit('Greater', [x, graph.scalar(0, x.dtype)]);
    return alpha === 0
      ? cast(graph, positive, x.dtype)
      : graph.emit('Where', [positive, graph.scalar(1, x.dtype), graph.scalar(alpha, x.dtype)]);
  }),

  Add: binary('Add'),
  Maximum: binary('Max'),
  Minimum: binary('Min'),
  Multiply: binary('Mul'),
  Pow: binary('Pow'),
  RealDiv: binary('Div'),
  Sub: binary('Sub'),
  Equal: binary('Equal'),
  Greater: binary('Greater'),
  GreaterEqual: binary('GreaterOrEqual'),
  Less: binary('Less'),
  LessEqual: binary('LessOrEqual'),
  LogicalAnd: binary('And'),
  LogicalOr: binary('Or'),
  NotEqual: kernel<'a' | 'b'>(({ a, b }, graph) => graph.emit('Not', [graph.emit('Equal', [a, b])])),
  LogicalXor: kernel<'a' | 'b'>(({ a, b }, graph) => graph.emit('Not', [graph.emit('Equal', [a, b])])),
  SquaredDifference: kernel<'a' | 'b'>(({ a, b }, graph) => {
    const difference = graph.emit('Sub', [a, b]);
    return graph.emit('Mul', [difference, difference]);
  }),
  // In tfjs, the quotient is an integer. It is exact below 2^24, because float32 represents such integers exactly.
  FloorDiv: kernel<'a' | 'b'>(({ a, b }, graph) => cast(graph, flooredQuotient(graph, a, b), 'int32')),
  // The remainder takes the divisor's sign: a − ⌊a / b⌋ · b.
  Mod: kernel<'a' | 'b'>(({ a, b }, graph) => {
    const quotient = cast(graph, flooredQuotient(graph, a, b), a.dtype);
    return graph.emit('Sub', [a, graph.emit('Mul', [quotient, b])]);
  }),
  Prelu: kernel<'x' | 'alpha'>(({ x, alpha }, graph) => {
    const negative = graph.emit('Less', [x, graph.scalar(0)]);
    return graph.emit('Where', [negative, graph.emit('Mul', [alpha, x]), x]);
  }),
  // y is elu(x). The derivative is 1 if y ≥ 0, and otherwise y + 1.
  EluGrad: kernel<'dy' | 'y'>(({ dy, y }, graph) => {
    const scaled = graph.emit('Mul', [dy, graph.emit('Add', [y, graph.scalar(1)])]);
    return graph.emit('Where', [graph.emit('GreaterOrEqual', [y, graph.scalar(0)]), dy, scaled]);
  }),

  Select: kernel<'condition' | 't' | 'e'>(({ condition, t, e }, graph) => {
    // A vector of conditions selects whole rows.
    const rowWise = condition.shape.length === 1 && t.shape.length > 1;
    const shape = [condition.shape[0] as number, ...t.shape.slice(1).map(() => 1)];
    const chooser = rowWise ? graph.emit('Reshape', [condition], { shape }) : condition;
    return graph.emit('Where', [chooser, t, e]);
  }),
  Cast: kernel<'x', { dtype: Value['dtype'] }>(({ x }, graph, { dtype }) => cast(graph, x, dtype)),
  Identity: kernel<'x'>(({ x }) => x),
  ZerosLike: kernel<'x'>(({ x }, graph) => filled(graph, shapeOf(x), 0, x.dtype)),
  OnesLike: kernel<'x'>(({ x }, graph) => filled(graph, shapeOf(x), 1, x.dtype)),
} as const satisfies Record<string, Lowering>;

function unary(operator: Plain): Lowering {
  return kernel<'x'>(({ x }, graph) => graph.emit(operator, [x], {}));
}

function binary(operator: Plain): Lowering {
  return kernel<'a' | 'b'>(({ a, b }, graph) => graph.emit(operator, [a, b], {}));
}

function clip(graph: GraphBuilder, x: Value, low: number, high: number): Value {
  const atLeast = graph.emit('Max', [x, graph.scalar(low, x.dtype)]);
  return graph.emit('Min', [atLeast, graph.scalar(high, x.dtype)]);
}

function flooredQuotient(graph: GraphBuilder, a: Value, b: Value): Value {
  return graph.emit('Floor', [graph.emit('Div', [cast(graph, a, 'float32'), cast(graph, b, 'float32')])]);
}
