import {
  add,
  cos,
  div,
  elu,
  exp,
  greater,
  greaterEqual,
  less,
  lessEqual,
  log,
  logicalAnd,
  mul,
  neg,
  pow,
  reciprocal,
  reshape,
  scalar,
  sigmoid,
  sign,
  sin,
  sqrt,
  square,
  step,
  sub,
  type Tensor,
  tanh,
  where,
  zerosLike,
} from '@tensorflow/tfjs-core';
import { constantRule, float, type GradientRule, outputRule, rule, sumTo } from './gradient-rule.ts';

/** Kernels that compute element by element. */
export const elementwiseGradients = {
  Abs: rule(['x'], (dy, { x }) => ({ x: () => mul(dy, sign(x)) })),
  Cast: rule([], (dy) => ({ x: () => float(dy) })),
  ClipByValue: rule<'x', { clipValueMin: number; clipValueMax: number }>(['x'], (dy, { x }, limits) => ({
    x: () => {
      const inside = logicalAnd(greaterEqual(x, limits.clipValueMin), lessEqual(x, limits.clipValueMax));
      return where(inside, dy, zerosLike(dy));
    },
  })),
  Cos: rule(['x'], (dy, { x }) => ({ x: () => neg(mul(dy, sin(x))) })),
  Elu: outputRule(elu, (dy, y) => where(greaterEqual(y, 0), dy, mul(dy, add(y, 1)))),
  // d erf(x) = 2/√π · exp(−x²)
  Erf: rule(['x'], (dy, { x }) => ({ x: () => mul(dy, mul(2 / Math.sqrt(Math.PI), exp(neg(square(x))))) })),
  Exp: outputRule(exp, mul),
  Expm1: rule(['x'], (dy, { x }) => ({ x: () => mul(dy, exp(x)) })),
  Identity: rule([], (dy) => ({ x: () => float(dy) })),
  LeakyRelu: rule<'x', { alpha: number }>(['x'], (dy, { x }, { alpha }) => ({
    x: () => mul(dy, step(x, alpha)),
  })),
  Log: rule(['x'], (dy, { x }) => ({ x: () => div(dy, x) })),
  Log1p: rule(['x'], (dy, { x }) => ({ x: () => div(dy, add(x, 1)) })),
  Neg: rule([], (dy) => ({ x: () => neg(dy) })),
  Reciprocal: outputRule(reciprocal, (dy, y) => neg(mul(dy, square(y)))),
  Relu: rule(['x'], (dy, { x }) => ({ x: () => mul(dy, step(x)) })),
  Relu6: rule(['x'], (dy, { x }) => ({
    x: () => where(logicalAnd(greater(x, 0), less(x, 6)), dy, zerosLike(dy)),
  })),
  Rsqrt: rule(['x'], (dy, { x }) => ({ x: () => mul(dy, mul(-0.5, pow(x, -1.5))) })),
  Sigmoid: outputRule(sigmoid, (dy, y) => mul(dy, mul(y, sub(1, y)))),
  Sin: rule(['x'], (dy, { x }) => ({ x: () => mul(dy, cos(x)) })),
  Softplus: rule(['x'], (dy, { x }) => ({ x: () => mul(dy, sigmoid(x)) })),
  Sqrt: outputRule(sqrt, (dy, y) => div(mul(dy, 0.5), y)),
  Square: rule(['x'], (dy, { x }) => ({ x: () => mul(dy, mul(float(x), 2)) })),
  Tanh: outputRule(tanh, (dy, y) => mul(dy, sub(1, square(y)))),

  Add: rule(['a', 'b'], (dy, { a, b }) => ({ a: () => sumTo(dy, a.shape), b: () => sumTo(dy, b.shape) })),
  Sub: rule(['a', 'b'], (dy, { a, b }) => ({
    a: () => sumTo(dy, a.shape),
    b: () => sumTo(neg(dy), b.shape),
  })),
  Multiply: rule(['a', 'b'], (dy, { a, b }) => ({
    a: () => sumTo(mul(dy, float(b)), a.shape),
    b: () => sumTo(mul(dy, float(a)), b.shape),
  })),
  RealDiv: rule(['a', 'b'], (dy, { a, b }) => ({
    a: () => sumTo(div(dy, float(b)), a.shape),
    b: () => sumTo(neg(div(mul(dy, float(a)), square(float(b)))), b.shape),
  })),
  // At a tie the whole gradient goes to `a`.
  Maximum: chooseRule(greaterEqual),
  Minimum: chooseRule(lessEqual),
  Pow: rule(['a', 'b'], (dy, { a, b }) => ({
    a: () => sumTo(mul(dy, mul(float(b), pow(a, sub(b, scalar(1, b.dtype as 'float32'))))), a.shape),
    // aᵇ · ln a. It is 0 for a ≤ 0, which has no real logarithm.
    b: () => {
      const positive = greater(a, 0);
      const logarithm = where(positive, log(where(positive, a, add(zerosLike(a), 1))), zerosLike(a));
      return sumTo(mul(dy, mul(pow(a, b), logarithm)), b.shape);
    },
  })),
  Prelu: rule(['x', 'alpha'], (dy, { x, alpha }) => ({
    x: () => where(greater(x, 0), dy, mul(dy, alpha)),
    alpha: () => sumTo(where(greater(x, 0), zerosLike(dy), mul(dy, x)), alpha.shape),
  })),
  SquaredDifference: rule(['a', 'b'], (dy, { a, b }) => ({
    a: () => sumTo(mul(dy, mul(2, sub(a, b))), a.shape),
    b: () => sumTo(mul(dy, mul(2, sub(b, a))), b.shape),
  })),
  Select: rule(['condition'], (dy, { condition }) => ({
    condition: () => float(zerosLike(condition)),
    t: () => where(rowsOf(condition, dy), dy, zerosLike(dy)),
    e: () => where(rowsOf(condition, dy), zerosLike(dy), dy),
  })),

  Ceil: constantRule('x'),
  Floor: constantRule('x'),
  IsNan: constantRule('x'),
  LogicalNot: constantRule('x'),
  OnesLike: constantRule('x'),
  Round: constantRule('x'),
  Sign: constantRule('x'),
  Step: constantRule('x'),
  ZerosLike: constantRule('x'),
  Equal: constantRule('a', 'b'),
  FloorDiv: constantRule('a', 'b'),
  Greater: constantRule('a', 'b'),
  GreaterEqual: constantRule('a', 'b'),
  Less: constantRule('a', 'b'),
  LessEqual: constantRule('a', 'b'),
  LogicalAnd: constantRule('a', 'b'),
  LogicalOr: constantRule('a', 'b'),
  NotEqual: constantRule('a', 'b'),
} as const satisfies Record<string, GradientRule>;

function chooseRule(prefersA: (a: Tensor, b: Tensor) => Tensor): GradientRule {
  return rule(['a', 'b'], (dy, { a, b }) => ({
    a: () => sumTo(where(prefersA(a, b), dy, zerosLike(dy)), a.shape),
    b: () => sumTo(where(prefersA(a, b), zerosLike(dy), dy), b.shape),
  }));
}

/** Reshapes a vector of conditions so that each condition selects a row. */
function rowsOf(condition: Tensor, like: Tensor): Tensor {
  if (condition.rank === like.rank) return condition;
  return reshape(condition, [condition.shape[0] as number, ...like.shape.slice(1).map(() => 1)]);
}
