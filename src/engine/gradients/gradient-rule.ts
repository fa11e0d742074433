import { broadcast_util, cast, engine, reshape, sum, type Tensor, zeros } from '@tensorflow/tfjs-core';

type Saved = Readonly<Record<string, Tensor>>;
export type InputGradients = Readonly<Record<string, () => Tensor>>;

/** How the gradient of a kernel's output becomes gradients of its inputs. */
export interface GradientRule {
  /** Inputs that the rule reads, by tfjs's name; `all` for a kernel over a list, whose inputs are "0", "1", … */
  readonly reads: readonly string[] | 'all';
  /** Whether it reads the output, as `y`. */
  readonly readsOutput: boolean;
  /** `dy` is a list where the kernel has several outputs. */
  gradient(dy: Tensor & Tensor[], saved: Saved, attributes: never): InputGradients;
}

/** A rule that reads inputs. */
export function rule<Name extends string, Attrs = unknown>(
  reads: readonly Name[],
  gradient: (
    dy: Tensor & Tensor[],
    inputs: Readonly<Record<Name, Tensor>>,
    attributes: Attrs,
  ) => InputGradients,
): GradientRule {
  return { reads, readsOutput: false, gradient: gradient as GradientRule['gradient'] };
}

/**
 * A rule that reads the output `y` of a kernel with one input. A gradient that is itself differentiated computes the
 * output again: tfjs notes on its tape that an output was saved before it notes what the output depends on, so
 * that a second derivative would take the saved one for a constant.
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
      [input]: () =>
        gradient(dy, engine().state.gradientDepth > 0 ? compute(x!, attributes) : y!, attributes, x!),
    }),
  };
}

/** The derivative is zero wherever it exists. */
export function constantRule(...inputs: string[]): GradientRule {
  return rule(inputs, (_dy, saved) =>
    Object.fromEntries(inputs.map((name) => [name, () => zeros((saved[name] as Tensor).shape)])),
  );
}

/** Sums what broadcasting had repeated, so that the gradient has the shape of the input. */
export function sumTo(gradient: Tensor, shape: number[]): Tensor {
  const axes = broadcast_util.getReductionAxes(shape, gradient.shape);
  return reshape(axes.length === 0 ? gradient : sum(gradient, axes), shape);
}

export function float(tensor: Tensor): Tensor {
  return tensor.dtype === 'float32' ? tensor : cast(tensor, 'float32');
}
