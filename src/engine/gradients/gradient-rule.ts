import { broadcast_util, type GradConfig, reshape, sum, type Tensor } from '@tensorflow/tfjs-core';

/** How a kernel's gradient is computed: what is saved for it, and a function per input. */
export type GradientRule = Omit<GradConfig, 'kernelName'>;
export type GradientRules = Readonly<Record<string, GradientRule>>;

/** A rule for a kernel with one input and one output, from the saved input and the gradient of the output. */
export function ruleOfInput<Attributes>(
  gradient: (dy: Tensor, x: Tensor, attributes: Attributes) => Tensor,
  inputName = 'x',
): GradientRule {
  return {
    inputsToSave: [inputName],
    gradFunc: (dy, [x], attributes) => ({
      [inputName]: () => gradient(dy as Tensor, x as Tensor, attributes as Attributes),
    }),
  };
}

/** The same, from the saved output. */
export function ruleOfOutput(gradient: (dy: Tensor, y: Tensor) => Tensor): GradientRule {
  return {
    outputsToSave: [true],
    gradFunc: (dy, [y]) => ({ x: () => gradient(dy as Tensor, y as Tensor) }),
  };
}

/** A rule for a kernel with inputs `a` and `b` that are broadcast to each other. */
export function ruleOfPair(
  gradientOfA: (dy: Tensor, a: Tensor, b: Tensor) => Tensor,
  gradientOfB: (dy: Tensor, a: Tensor, b: Tensor) => Tensor,
): GradientRule {
  return {
    inputsToSave: ['a', 'b'],
    gradFunc: (dy, saved) => {
      const [a, b] = saved as [Tensor, Tensor];
      return {
        a: () => sumTo(a.shape, gradientOfA(dy as Tensor, a, b)),
        b: () => sumTo(b.shape, gradientOfB(dy as Tensor, a, b)),
      };
    },
  };
}

/** Undoes a broadcast: what was repeated along an axis is summed along it. */
function sumTo(shape: readonly number[], gradient: Tensor): Tensor {
  const axes = broadcast_util.getReductionAxes([...shape], gradient.shape);
  return reshape(axes.length > 0 ? sum(gradient, axes) : gradient, [...shape]);
}
