import { reshape, split, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core';
import type { HostTensors, Tensors } from '../../engine/engine.ts';
import { sizeOf } from '../../engine/host-tensor.ts';
import type { FeatureSchema } from '../../features/feature-schema.ts';
import type { DcnConfig } from './dcn-config.ts';
import { declareLayers } from './dcn-network.ts';

/** How many numbers the layers have, which is the width of the state that a task's fine-tuning leaves. */
export function layerStateWidth(config: DcnConfig, schema: FeatureSchema): number {
  return layout(config, schema).reduce((sum, { size }) => sum + size, 0);
}

/** The layers' parameters one after another, in the order of their declaration. */
export function packLayers(config: DcnConfig, schema: FeatureSchema, parameters: HostTensors): Float32Array {
  const state = new Float32Array(layerStateWidth(config, schema));
  let start = 0;
  for (const { name, size } of layout(config, schema)) {
    state.set(parameters[name]?.data as Float32Array, start);
    start += size;
  }
  return state;
}

/** The layers' parameters, by name, from a state `[layerStateWidth]`. */
export function unpackLayers(config: DcnConfig, schema: FeatureSchema, state: Tensor1D): Tensors {
  const parameters = layout(config, schema);
  const pieces = split(
    state,
    parameters.map(({ size }) => size),
  );
  return Object.fromEntries(
    parameters.map(({ name, shape }, index) => [name, reshape(pieces[index] as Tensor, shape)]),
  );
}

function layout(config: DcnConfig, schema: FeatureSchema): { name: string; shape: number[]; size: number }[] {
  return Object.entries(declareLayers(config, schema)).map(([name, { shape }]) => ({
    name,
    shape: [...shape],
    size: sizeOf(shape),
  }));
}
