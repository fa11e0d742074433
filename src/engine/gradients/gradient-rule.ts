import { type Tensor, broadcast_util, cast, reshape, sum, zeros } from '@tensorflow/tfjs-core';

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
  gradient: (dy: Tensor & Tensor[], inputs: Readonly<Record<Name, Tensor>>, attributes: Attrs) => InputGradients,
): GradientRule {
  return { reads, readsOutput: false, gradient: gradient as GradientRule['gradient'] };
}

/** A rule that reads the output `y` alone; it needs not keep the input alive. */
export function outputRule<Attrs = unknown>(
  gradient: (dy: Tensor, y: Tensor, attributes: Attrs) => InputGradients,
): GradientRule {
  return {
    reads: [],
    readsOutput: true,
    gradient: (dy, { y }, attributes) => gradient(dy, y!, attributes),
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
