import type { ModulationKind } from '../../../src/models/cmml/network-fields.ts';
import { affine, dense, layersOf, relu, reluLayers, sigmoid, type Weights } from './reference-weights.ts';

type ReferenceModulation = (weights: Weights, hybrid: readonly number[], embedding: readonly number[]) => number;

/** Each modulation returns the standardized score of one pair. The number of layers follows from the weights. */
export const referenceModulations: Record<ModulationKind, ReferenceModulation> = {
  /** CMML eq. 9. */
  linear(weights, hybrid, embedding) {
    const last = reluLayers(weights, 'hyper', hybrid).at(-1) as number[];
    const weight = dense(weights, 'linear.weight', last);
    const hidden = referenceBackbone(weights, embedding, (value) => value);
    const bias = dense(weights, 'linear.bias', last)[0] as number;
    return hidden.reduce((sum, value, unit) => sum + value * (weight[unit] as number), bias);
  },

  /** CMML eq. 10. */
  sigmoid(weights, hybrid, embedding) {
    const gates = reluLayers(weights, 'hyper', hybrid).map((hidden, index) =>
      dense(weights, `sigmoid.${index + 1}.gate`, hidden).map(sigmoid),
    );
    const modulate = (value: number, layer: number, unit: number) => value * (gates[layer]?.[unit] as number);
    return dense(weights, 'output', referenceBackbone(weights, embedding, modulate))[0] as number;
  },

  /** CMML eq. 11. */
  film(weights, hybrid, embedding) {
    const hyper = reluLayers(weights, 'hyper', hybrid);
    const scales = hyper.map((hidden, index) => dense(weights, `film.${index + 1}.scale`, hidden));
    const shifts = hyper.map((hidden, index) => dense(weights, `film.${index + 1}.shift`, hidden));
    const modulate = (value: number, layer: number, unit: number) =>
      value * (scales[layer]?.[unit] as number) + (shifts[layer]?.[unit] as number);
    return dense(weights, 'output', referenceBackbone(weights, embedding, modulate))[0] as number;
  },

  /** CMML eq. 13, module by module. */
  softModules(weights, hybrid, embedding) {
    const routes = referenceRoutes(weights, hybrid);
    // o[j], the input of module j.
    let inputs = new Array<readonly number[]>(modulesOf(weights)).fill(embedding);
    for (const [index, route] of routes.entries()) {
      const outputs = inputs.map((input, module) => moduleOutput(weights, index + 1, module, input));
      inputs = (route[0] as number[]).map((_, target) =>
        (outputs[0] as number[]).map((_, unit) =>
          outputs.reduce(
            (sum, output, module) => sum + (route[module]?.[target] as number) * (output[unit] as number),
            0,
          ),
        ),
      );
    }
    return dense(weights, 'output', inputs[0] as number[])[0] as number;
  },
};

/** Returns the backbone's last hidden layer. `modulate` changes the output of one unit of a layer, counted from 0. */
export function referenceBackbone(
  weights: Weights,
  embedding: readonly number[],
  modulate: (value: number, layer: number, unit: number) => number,
): readonly number[] {
  return layersOf(weights, 'backbone').reduce<readonly number[]>(
    (vector, name, layer) =>
      dense(weights, name, vector)
        .map((value, unit) => modulate(value, layer, unit))
        .map((value) => (value > 0 ? value : 0.01 * value)),
    embedding,
  );
}

/** Returns one matrix `[module][target]` per layer (CMML eq. 12). The logits of a target are consecutive. */
export function referenceRoutes(weights: Weights, hybrid: readonly number[]): number[][][] {
  const modules = modulesOf(weights);
  let hidden = hybrid;
  return layersOf(weights, 'route').map((name) => {
    hidden = dense(weights, name, hidden).map(relu);
    const exponentials = dense(weights, `${name}.head`, hidden).map(Math.exp);
    const targets = exponentials.length / modules;
    return Array.from({ length: modules }, (_, module) =>
      Array.from({ length: targets }, (_, target) => {
        const column = exponentials.slice(target * modules, (target + 1) * modules);
        return (column[module] as number) / column.reduce((sum, value) => sum + value);
      }),
    );
  });
}

/**
 * Returns a module's output after ReLU. Its weights are columns of the first layer's matrix, or its own later matrix.
 */
function moduleOutput(weights: Weights, layer: number, module: number, input: readonly number[]): number[] {
  const width = widthOf(weights, layer);
  const all = weights[`modules.${layer}.weight`] as number[];
  const bias = (weights[`modules.${layer}.bias`] as number[]).slice(module * width, (module + 1) * width);
  const ofFirst = () => all.filter((_, at) => Math.floor((at % (width * modulesOf(weights))) / width) === module);
  const size = input.length * width;
  const matrix = layer === 1 ? ofFirst() : all.slice(module * size, (module + 1) * size);
  return affine(matrix, bias, input).map(relu);
}

function widthOf(weights: Weights, layer: number): number {
  return (weights[`modules.${layer}.bias`] as number[]).length / modulesOf(weights);
}

/** The last head has one target, so its number of logits is the number of modules. */
function modulesOf(weights: Weights): number {
  return weights[`${layersOf(weights, 'route').at(-1)}.head.bias`]?.length as number;
}
