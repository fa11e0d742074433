import type { Weights } from '../cmml/reference-weights.ts';
import { differences } from '../dcn/reference-dcn.ts';

/** Runs Adam (arXiv 1412.6980, algorithm 1) on the named weights, with gradients by finite differences. */
export function referenceDescent(
  start: Weights,
  names: readonly string[],
  loss: (weights: Weights) => number,
  { steps, learningRate }: { readonly steps: number; readonly learningRate: number },
): Weights {
  let weights = start;
  const zeros = (name: string) => (weights[name] as number[]).map(() => 0);
  const first = Object.fromEntries(names.map((each) => [each, zeros(each)]));
  const second = Object.fromEntries(names.map((each) => [each, zeros(each)]));
  for (let step = 1; step <= steps; step++) {
    const gradients = differences(weights, names, loss);
    weights = { ...weights };
    for (const each of names) {
      weights[each] = (weights[each] as number[]).map((value, index) => {
        const gradient = gradients[each]?.[index] as number;
        const [m, v] = [first[each] as number[], second[each] as number[]];
        m[index] = 0.9 * (m[index] as number) + 0.1 * gradient;
        v[index] = 0.999 * (v[index] as number) + 0.001 * gradient ** 2;
        const [corrected, scale] = [m[index] / (1 - 0.9 ** step), v[index] / (1 - 0.999 ** step)];
        return value - (learningRate * corrected) / (Math.sqrt(scale) + 1e-8);
      });
    }
  }
  return weights;
}
