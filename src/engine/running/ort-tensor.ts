import { Tensor } from 'onnxruntime-node';
import type { HostTensor } from '../engine.ts';

/** Returns an ONNX Runtime tensor over the same memory. */
export function toOrtTensor({ dtype, shape, data }: HostTensor): Tensor {
  return new Tensor(dtype, data as never, shape as number[]);
}

/** Returns a host tensor over the memory of an ONNX Runtime tensor. */
export function toHostTensor(tensor: Tensor): HostTensor {
  return {
    dtype: tensor.type as HostTensor['dtype'],
    shape: tensor.dims,
    data: tensor.data as HostTensor['data'],
  };
}
