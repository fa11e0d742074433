import {
  add,
  cast,
  div,
  greater,
  log,
  mul,
  neg,
  pow,
  square,
  step,
  sub,
  type Tensor,
  where,
  zerosLike,
} from '@tensorflow/tfjs-core';
import { type GradientRules, ruleOfInput, ruleOfOutput, ruleOfPair } from './gradient-rule.ts';

/** Kernels that compute each element on its own, the inputs broadcast to each other. */
export const elementwiseGradients: GradientRules = {
  Add: ruleOfPair(
    (dy) => dy,
    (dy) => dy,
  ),
  Sub: ruleOfPair(
    (dy) => dy,
    (dy) => neg(dy),
  ),
  Multiply: ruleOfPair(
    (dy, _a, b) => mul(dy, b),
    (dy, a) => mul(dy, a),
  ),
  RealDiv: ruleOfPair(
    (dy, _a, b) => div(dy, b),
    (dy, a, b) => neg(div(mul(dy, a), square(b))),
  ),
  SquaredDifference: ruleOfPair(
    (dy, a, b) => mul(dy, mul(sub(a, b), 2)),
    (dy, a, b) => mul(dy, mul(sub(b, a), 2)),
  ),
  Pow: ruleOfPair(
    (dy, a, b) => mul(dy, mul(b, pow(a, sub(b, 1)))),
    (dy, a, b) => mul(dy, mul(pow(a, b), log(a))),
  ),
  // Where both are equal, the first takes all of the gradient.
  Maximum: ruleOfPair(
    (dy, a, b) => mul(dy, sub(1, isGreater(b, a))),
    (dy, a, b) => mul(dy, isGreater(b, a)),
  ),
  Minimum: ruleOfPair(
    (dy, a, b) => mul(dy, sub(1, isGreater(a, b))),
    (dy, a, b) => mul(dy, isGreater(a, b)),
  ),

  // A comparison is flat on both sides of its step.
  Greater: ruleOfPair(
    (dy) => zerosLike(dy),
    (dy) => zerosLike(dy),
  ),

  Neg: ruleOfInput((dy) => neg(dy)),
  Square: ruleOfInput((dy, x) => mul(dy, mul(x, 2))),
  Abs: ruleOfInput((dy, x) => mul(dy, sub(step(x), step(neg(x))))),
  Log: ruleOfInput((dy, x) => div(dy, x)),
  Relu: ruleOfInput((dy, x) => mul(dy, step(x))),
  LeakyRelu: ruleOfInput<{ alpha: number }>((dy, x, { alpha }) => mul(dy, step(x, alpha))),
  ClipByValue: ruleOfInput<{ clipValueMin: number; clipValueMax: number }>(
    (dy, x, { clipValueMin, clipValueMax }) =>
      mul(dy, sub(1, add(step(sub(x, clipValueMax)), step(sub(clipValueMin, x))))),
  ),
  Cast: ruleOfInput((dy) => cast(dy, 'float32')),
  Identity: ruleOfInput((dy) => cast(dy, 'float32')),
  Step: ruleOfInput((dy) => zerosLike(dy)),
  ZerosLike: ruleOfInput((dy) => zerosLike(dy)),
  OnesLike: ruleOfInput((dy) => zerosLike(dy)),

  Exp: ruleOfOutput((dy, y) => mul(dy, y)),
  Sqrt: ruleOfOutput((dy, y) => div(dy, mul(y, 2))),
  Tanh: ruleOfOutput((dy, y) => mul(dy, sub(1, square(y)))),
  Sigmoid: ruleOfOutput((dy, y) => mul(dy, mul(y, sub(1, y)))),

  Select: {
    inputsToSave: ['condition'],
    gradFunc: (dy, [condition]) => ({
      condition: () => zerosLike(dy as Tensor),
      t: () => where(condition as Tensor, dy as Tensor, zerosLike(dy as Tensor)),
      e: () => where(condition as Tensor, zerosLike(dy as Tensor), dy as Tensor),
    }),
  },
};

function isGreater(a: Tensor, b: Tensor): Tensor {
  return cast(greater(a, b), 'float32');
}
