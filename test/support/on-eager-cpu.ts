import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import type { HostTensor, HostTensors, Tensors } from '../../src/engine/engine.ts';
import { registerGradients } from '../../src/engine/gradients/register-gradients.ts';

/** Runs a function on tfjs's own cpu backend, op by op. Tests compare the engines with its results. */
export function onEagerCpu(fn: (inputs: Tensors) => Tensors, inputs: HostTensors): HostTensors {
  registerGradients();
  void tf.setBackend('cpu');
  const results: Record<string, HostTensor> = {};
  tf.tidy(() => {
    const tensors = Object.entries(inputs).map(([name, { data, shape, dtype }]) => [
      name,
      tf.tensor(data.slice(), [...shape], dtype),
    ]);
    for (const [name, result] of Object.entries(fn(Object.fromEntries(tensors)))) results[name] = hostTensor(result);
  });
  return results;
}

function hostTensor(tensor: tf.Tensor): HostTensor {
  const values = tensor.dataSync();
  return tensor.dtype === 'float32'
    ? { dtype: 'float32', shape: tensor.shape, data: Float32Array.from(values) }
    : { dtype: 'int32', shape: tensor.shape, data: Int32Array.from(values) };
}
