import { add, mul, relu, sigmoid, squeeze, sub, type Tensor2D, type Tensor3D, tanh } from '@tensorflow/tfjs-core';
import type { Tensors } from '../../engine/engine.ts';
import { declareDense, dense, layerNames, type Parts } from '../layers.ts';
import type { ParameterDeclarations } from '../parameter-declarations.ts';
import type { DecoderModulationKind, TanpConfig } from './tanp-config.ts';

/** What a task changes in a layer of the decoder, each `[tasks, 1, width]`. */
interface ModulatedLayer {
  readonly scale: Tensor3D;
  readonly shift: Tensor3D;
}

/** A way in which a task embedding changes the decoder. */
interface DecoderModulation {
  /** The linear heads of each layer that read the task embedding. */
  readonly heads: readonly string[];
  /** Returns the scale and the shift of a layer from the outputs of its heads, in the order of `heads`. */
  readonly modulate: (...heads: Tensor3D[]) => ModulatedLayer;
}

const modulations: Record<DecoderModulationKind, DecoderModulation> = {
  /** `γ = tanh(W_γ·o)`, `β = tanh(W_β·o)`. */
  film: {
    heads: ['scale', 'shift'],
    modulate: (scale, shift) => ({ scale: tanh(scale as Tensor3D), shift: tanh(shift as Tensor3D) }),
  },
  /** With `η = tanh(W_η·o)` and the gate `δ = σ(W_δ·o)`: `γ·δ + η·(1 − δ)` and `β·δ + η·(1 − δ)`. */
  gatingFilm: {
    heads: ['scale', 'shift', 'common', 'gate'],
    modulate: (scale, shift, common, gate) => {
      const open = sigmoid(gate as Tensor3D);
      const shared = mul(tanh(common as Tensor3D), sub(1, open));
      const gated = (head: Tensor3D) => add(mul(tanh(head), open), shared) as Tensor3D;
      return { scale: gated(scale as Tensor3D), shift: gated(shift as Tensor3D) };
    },
  },
};

/**
 * Declares the decoder of pairs of width `pair`. Unlike those of the authors' code, its heads have biases, so that a task
 * whose embedding is near zero still has a decoder.
 */
export function declareDecoder(config: TanpConfig, pair: number): ParameterDeclarations {
  const { decoderWidths, latentWidth, identityWidths, modulation } = config;
  const widths = [pair + latentWidth, ...decoderWidths];
  const task = identityWidths.at(-1) as number;
  const layers = decoderNames(config).map((name, layer) => {
    const [inputs, outputs] = widths.slice(layer) as [number, number];
    const heads = modulations[modulation].heads.map((head) =>
      // Scales start above zero, so that the decoder first trains like an ordinary network.
      declareDense(`${name}.${head}`, [task, outputs], {
        deviation: Math.sqrt(1 / task),
        bias: head === 'scale' ? 1 : 0,
      }),
    );
    return Object.assign(declareDense(name, [inputs, outputs]), ...heads);
  });
  return Object.assign(declareDense('output', [decoderWidths.at(-1) as number, 1]), ...layers);
}

/**
 * Returns the standardized scores `[tasks, pairs]` of pairs. `latent` and `task` are `[tasks, 1, width]`. Each layer is
 * `ReLU(γ ⊙ (W·g + b) + β)`, and the last one is linear.
 */
export function decode(
  parameters: Tensors,
  config: TanpConfig,
  { latent, task }: { readonly latent: Tensor3D; readonly task: Tensor3D },
  pairs: Parts,
): Tensor2D {
  const hidden = decoderNames(config).reduce<Parts>(
    (vector, name) => {
      const { scale, shift } = modulatedLayer(parameters, config, name, task);
      return [relu(add(mul(scale, dense(parameters, name, vector)), shift)) as Tensor3D];
    },
    [...pairs, latent],
  );
  return squeeze(dense(parameters, 'output', hidden), [2]);
}

function modulatedLayer(parameters: Tensors, { modulation }: TanpConfig, name: string, task: Tensor3D): ModulatedLayer {
  const { heads, modulate } = modulations[modulation];
  return modulate(...heads.map((head) => dense(parameters, `${name}.${head}`, [task])));
}

function decoderNames({ decoderWidths }: TanpConfig): string[] {
  return layerNames('decoder', decoderWidths.length);
}
