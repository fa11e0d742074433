import { broadcast_util, cast, engine, reshape, sum, type Tensor, zeros } from '@tensorflow/tfjs-core';

type Saved = Readonly<Record<string, Tensor>>;
export type InputGradients = Readonly<Record<string, () => Tensor>>;

/** Turns the gradient of a kernel's output into the gradients of its inputs. */
export interface GradientRule {
  /** The inputs that the rule reads, by their tfjs names; `all` for a kernel of a list, whose inputs are "0", "1", … */
  readonly reads: readonly string[] | 'all';
  /** Whether the rule reads the output, as `y`. */
  readonly readsOutput: boolean;
  /** `dy` is a list if the kernel has several outputs. */
  gradient(dy: Tensor & Tensor[], saved: Saved, attributes: never): InputGradients;
}

/** Returns a rule that reads inputs. */
export function rule<Name extends string, Attrs = unknown>(
  reads: readonly Name[],
  gradient: (dy: Tensor & Tensor[], inputs: Readonly<Record<Name, Tensor>>, attributes: Attrs) => InputGradients,
): GradientRule {
  return { reads, readsOutput: false, gradient: gradient as GradientRule['gradient'] };
}

/**
 * Returns a rule that reads the output `y` of a kernel with one input. If the gradient is itself differentiated, it
 * computes the output again. The reason: tfjs saves an output before it records on its tape what the output depends on,
 * so a second derivative would treat the saved output as a constant.
 */
export function outputRule<Attrs = unknown>(
  compute: (x: Tensor, attributes: Attrs) => Tensor,
  gradient: (dy: Tensor, y: Tensor, attributes: Attrs, x: Tensor) => Tensor,
  input = 'x',
): GradientRule {
  return {
    reads: [input],
    readsOutput: true,
    gradient: (dy, { [input]: x, y }, attributes: Attrs) => ({
      [input]: () => gradient(dy, engine().state.gradientDepth > 0 ? compute(x!, attributes) : y!, attributes, x!),
    }),
  };
}

/** Returns a rule for a kernel whose derivative is zero wherever it exists. */
export function constantRule(...inputs: string[]): GradientRule {
  return rule(inputs, (_dy, saved) =>
    Object.fromEntries(inputs.map((name) => [name, () => zeros((saved[name] as Tensor).shape)])),
  );
}

/** Sums a gradient over the broadcast axes, so that it has the shape of the input. */
export function sumTo(gradient: Tensor, shape: number[]): Tensor {
  const axes = broadcast_util.getReductionAxes(shape, gradient.shape);
  return reshape(axes.length === 0 ? gradient : sum(gradient, axes), shape);
}

export function float(tensor: Tensor): Tensor {
  return tensor.dtype === 'float32' ? tensor : cast(tensor, 'float32');
}
