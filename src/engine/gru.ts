import {
  add,
  customGrad,
  engine,
  type GradSaveFunc,
  grads,
  matMul,
  mul,
  reshape,
  sigmoid,
  split,
  square,
  stack,
  sub,
  sum,
  type Tensor,
  type Tensor2D,
  tanh,
  transpose,
  unstack,
} from '@tensorflow/tfjs-core';

/** The columns belong to the reset gate, then the update gate, then the candidate state, as in PyTorch. */
export interface GruParameters {
  /** `[width, 3 · hidden]` */
  readonly inputWeight: Tensor;
  /** `[3 · hidden]` */
  readonly inputBias: Tensor;
  /** `[hidden, 3 · hidden]` */
  readonly stateWeight: Tensor;
  /** `[hidden]`, scaled by the reset gate. The gates need no such bias: it would only add to `inputBias`. */
  readonly candidateBias: Tensor;
}

/**
 * Returns the last state `[batch, hidden]` of a gated recurrent unit (arXiv 1406.1078) that starts at `initial`
 * `[batch, hidden]` and reads `inputs` `[batch, steps, width]`. A step whose `mask` `[batch, steps]` is 0 keeps the
 * state.
 *
 *     r = σ(x·Wr + br + h·Ur)    z = σ(x·Wz + bz + h·Uz)    n = tanh(x·Wn + bn + r ∘ (h·Un + c))
 *     h ← (1 − z) ∘ n + z ∘ h
 *
 * The gradient is fused: the factors that do not depend on the state's gradient, and the gradients of the weights, are
 * computed for all steps at once. Time and memory grow linearly with the number of steps.
 */
export function gru(parameters: GruParameters, inputs: Tensor, initial: Tensor, mask?: Tensor): Tensor2D {
  const [batch, steps, width] = inputs.shape as [number, number, number];
  const hidden = initial.shape[1]!;
  // With the time axis first, a step is one contiguous block.
  const rows = reshape(transpose(inputs, [1, 0, 2]), [steps * batch, width]);
  const weights = split(parameters.inputWeight, 3, 1);
  const biases = split(parameters.inputBias, 3);
  const [xr, xz, xn] = weights.map((weight, gate) =>
    reshape(add(matMul(rows, weight), biases[gate]!), [steps, batch, hidden]),
  ) as [Tensor, Tensor, Tensor];
  const [ur, uz, un] = split(parameters.stateWeight, 3, 1) as [Tensor, Tensor, Tensor];
  const kept = mask === undefined ? xz : add(xz, mul(certain, sub(1, stepsFirst(mask))));
  return fused([xr, kept, xn, initial, ur, uz, un, parameters.candidateBias]);
}

/** Added to the update gate's input, it makes the gate exactly 1, which keeps the state. */
const certain = 1e4;

/** Converts `[batch, steps]` to `[steps, batch, 1]`. */
function stepsFirst(mask: Tensor): Tensor {
  const [batch, steps] = mask.shape as [number, number];
  return reshape(transpose(mask), [steps, batch, 1]);
}

/** Gate inputs `[steps, batch, hidden]` × 3, initial state, state weights `[hidden, hidden]` × 3, candidate bias. */
type Operands = [xr: Tensor, xz: Tensor, xn: Tensor, initial: Tensor, ur: Tensor, uz: Tensor, un: Tensor, c: Tensor];

/** One `[batch, hidden]` per step: the state before it, the gates, the candidate, and h·Un + c (`recurrent`). */
interface Unrolled {
  readonly last: Tensor2D;
  readonly states: Tensor[];
  readonly resets: Tensor[];
  readonly updates: Tensor[];
  readonly candidates: Tensor[];
  readonly recurrent: Tensor[];
}

function unroll([xr, xz, xn, initial, ur, uz, un, c]: Operands): Unrolled {
  const [resetInputs, updateInputs, candidateInputs] = [xr, xz, xn].map((x) => unstack(x)) as [
    Tensor[],
    Tensor[],
    Tensor[],
  ];
  const kept = { states: [], resets: [], updates: [], candidates: [], recurrent: [] } as Omit<Unrolled, 'last'>;
  let state = initial;
  for (let step = 0; step < resetInputs.length; step++) {
    const reset = sigmoid(add(matMul(state, ur), resetInputs[step]!));
    const update = sigmoid(add(matMul(state, uz), updateInputs[step]!));
    const recurrent = add(matMul(state, un), c);
    const candidate = tanh(add(candidateInputs[step]!, mul(reset, recurrent)));
    kept.states.push(state);
    kept.resets.push(reset);
    kept.updates.push(update);
    kept.candidates.push(candidate);
    kept.recurrent.push(recurrent);
    state = add(candidate, mul(update, sub(state, candidate)));
  }
  return { ...kept, last: state as Tensor2D };
}

function fused(operands: Operands): Tensor2D {
  const operation = customGrad((...all) => {
    const inputs = all.slice(0, 8) as Operands;
    const save = all[8] as GradSaveFunc;
    const { last, states, resets, updates, candidates, recurrent } = unroll(inputs);
    save([...states, ...resets, ...updates, ...candidates, ...recurrent, ...inputs]);
    const steps = states.length;
    return {
      value: last,
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const lists = [0, 1, 2, 3, 4].map((list) => saved.slice(list * steps, (list + 1) * steps));
        const again = saved.slice(5 * steps) as Operands;
        // If this gradient is itself differentiated, the saved values would count as constants.
        if (engine().state.gradientDepth > 0) return grads((...values) => unroll(values as Operands).last)(again, dy);
        const [h, r, z, n, q] = lists.map((list) => stack(list)) as [Tensor, Tensor, Tensor, Tensor, Tensor];
        return backward(dy, { h, r, z, n, q }, again);
      },
    };
  });
  return operation(...operands) as Tensor2D;
}

/** All `[steps, batch, hidden]`: the states before each step, reset gates, update gates, candidates, q = h·Un + c. */
interface Stacked {
  readonly h: Tensor;
  readonly r: Tensor;
  readonly z: Tensor;
  readonly n: Tensor;
  readonly q: Tensor;
}

/**
 * Computes the gradients of the operands, back through time. g is the gradient of the state after a step. The
 * gradients ∂r̂, ∂ẑ and ∂n̂ are those before the nonlinearities:
 *
 *     ∂n̂ = g ∘ (1 − z) ∘ (1 − n²)    ∂ẑ = g ∘ (h − n) ∘ z ∘ (1 − z)    ∂r̂ = ∂n̂ ∘ q ∘ r ∘ (1 − r)
 *     g ← g ∘ z + ∂r̂·Urᵀ + ∂ẑ·Uzᵀ + (∂n̂ ∘ r)·Unᵀ
 *
 * All factors except g are known before the loop.
 */
function backward(dy: Tensor, { h, r, z, n, q }: Stacked, [, , , , ur, uz, un]: Operands): Tensor[] {
  const open = sub(1, z);
  const toCandidate = unstack(mul(open, sub(1, square(n))));
  const toUpdate = unstack(mul(sub(h, n), mul(z, open)));
  const toReset = unstack(mul(q, mul(r, sub(1, r))));
  const [resets, updates] = [unstack(r), unstack(z)];
  const gates = { reset: [] as Tensor[], update: [] as Tensor[], candidate: [] as Tensor[] };
  let gradient = dy;
  for (let step = resets.length - 1; step >= 0; step--) {
    const candidate = mul(gradient, toCandidate[step]!);
    const update = mul(gradient, toUpdate[step]!);
    const reset = mul(candidate, toReset[step]!);
    gates.candidate.unshift(candidate);
    gates.update.unshift(update);
    gates.reset.unshift(reset);
    const throughReset = add(matMul(reset, ur, false, true), mul(gradient, updates[step]!));
    const throughUpdate = add(matMul(update, uz, false, true), throughReset);
    gradient = add(matMul(mul(candidate, resets[step]!), un, false, true), throughUpdate);
  }
  const [dr, dz, dn] = [gates.reset, gates.update, gates.candidate].map((list) => stack(list)) as [
    Tensor,
    Tensor,
    Tensor,
  ];
  const dq = mul(dn, r);
  const [rows, hidden] = [h.shape[0]! * h.shape[1]!, h.shape[2]!];
  const flat = (tensor: Tensor) => reshape(tensor, [rows, hidden]);
  const weight = (gate: Tensor) => matMul(flat(h), flat(gate), true, false);
  return [dr, dz, dn, gradient, weight(dr), weight(dz), weight(dq), sum(flat(dq), 0)];
}
