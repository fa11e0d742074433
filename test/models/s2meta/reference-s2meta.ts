import type { S2MetaConfig } from '../../../src/models/s2meta/s2meta-config.ts';
import { affine, dense, sigmoid, type Weights } from '../cmml/reference-weights.ts';
import { differences } from '../dcn/reference-dcn.ts';
import { type LabeledPair, ReferenceTaskNetwork } from '../gradient-steps/reference-task-network.ts';

/** What the controllers see before a step. */
interface Observed {
  readonly layers: Weights;
  readonly gradients: Weights;
  readonly loss: number;
}

export interface ReferenceStep {
  readonly observed: Observed;
  readonly layers: Weights;
  readonly stop: number;
  readonly taken: boolean;
}

interface Lstm {
  readonly hidden: readonly number[];
  readonly cell: readonly number[];
}

/** s²Meta, one pair, one task and one parameter at a time, in double precision. */
export class ReferenceS2Meta extends ReferenceTaskNetwork<S2MetaConfig> {
  /** Returns the steps on one task. With `earlier` steps, the controllers see what they saw in these. */
  steps(
    weights: Weights,
    support: readonly LabeledPair[],
    draws: readonly number[],
    earlier?: readonly ReferenceStep[],
  ): ReferenceStep[] {
    const names = layerNames(weights);
    let layers: Weights = Object.fromEntries(names.map((name) => [name, weights[name] as number[]]));
    let going = this.losses(weights, support).length > 0;
    let stopState = zeroState(this.config.stopWidth);
    const states = new Map<string, Lstm>();
    return draws.map((draw, place) => {
      const observed = earlier?.[place]?.observed ?? this.#observe({ ...weights, ...layers }, names, support);
      const norm = Math.hypot(...Object.values(observed.gradients).flat());
      stopState = lstm(weights, 'stop', [...scaled(observed.loss), ...scaled(norm)], stopState);
      const stop = gate(weights, 'stop.output', stopState);
      if (place >= this.config.minSteps && draw < stop) going = false;
      const next = Object.fromEntries(
        names.map((name) => [
          name,
          (layers[name] as number[]).map((value, index) => {
            const [before, gradient] = [observed.layers, observed.gradients].map((all) => all[name]?.[index] as number);
            const key = `${name} ${index}`;
            const inputs = [before as number, ...scaled(gradient as number), ...scaled(observed.loss)];
            const state = lstm(weights, 'update', inputs, states.get(key) ?? zeroState(this.config.updateWidth));
            states.set(key, state);
            const [keep, step] = [gate(weights, 'update.keep', state), gate(weights, 'update.step', state)];
            return keep * value - step * (gradient as number);
          }),
        ]),
      );
      if (going) layers = next;
      return { observed, layers, stop, taken: going };
    });
  }

  #observe(weights: Weights, names: readonly string[], support: readonly LabeledPair[]): Observed {
    const layers = Object.fromEntries(names.map((name) => [name, weights[name] as number[]]));
    const gradients = differences(weights, names, (at) => this.loss(at, support));
    return { layers, gradients, loss: this.loss(weights, support) };
  }
}

export function layerNames(weights: Weights): string[] {
  return Object.keys(weights).filter((name) => /^(layer|output)\./.test(name));
}

function zeroState(width: number): Lstm {
  return { hidden: new Array<number>(width).fill(0), cell: new Array<number>(width).fill(0) };
}

function lstm(weights: Weights, name: string, inputs: readonly number[], { hidden, cell }: Lstm): Lstm {
  const width = hidden.length;
  const zeros = new Array<number>(4 * width).fill(0);
  const fromInputs = affine(weights[`${name}.weight`] as number[], weights[`${name}.bias`] as number[], inputs);
  const fromHidden = affine(weights[`${name}.recurrence`] as number[], zeros, hidden);
  const gates = fromInputs.map((value, at) => value + (fromHidden[at] as number));
  const of = (part: number, unit: number) => gates[part * width + unit] as number;
  const next = cell.map((c, unit) => sigmoid(of(1, unit)) * c + sigmoid(of(0, unit)) * Math.tanh(of(2, unit)));
  return { hidden: next.map((c, unit) => sigmoid(of(3, unit)) * Math.tanh(c)), cell: next };
}

function gate(weights: Weights, name: string, { hidden }: Lstm): number {
  return sigmoid(dense(weights, name, hidden)[0] as number);
}

/** Arxiv 1606.04474, appendix A, with p = 10; continuous where it switches. */
function scaled(value: number): [number, number] {
  const size = Math.max(Math.abs(value), Math.exp(-10));
  return [Math.log(size) / 10, Math.max(-1, Math.min(1, value * Math.exp(10)))];
}
