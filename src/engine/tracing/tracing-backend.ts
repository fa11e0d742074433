import {
  type backend_util,
  type DataId,
  DataStorage,
  engine,
  KernelBackend,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import { sizeOf } from '../host-tensor.ts';
import { type ElementType, evaluateShape, sameShape } from '../ir/array-type.ts';
import type { ConstantData, Value } from '../ir/graph.ts';
import { constantData, type GraphBuilder } from '../ir/graph-builder.ts';
import { filled } from '../lowering/lowering.ts';

/** One execution that is being recorded. Compared by identity. */
export interface Recording {
  readonly builder: GraphBuilder;
}

/** The content of a tensor: data that is known while tracing, a value of the graph, or both. */
interface Cell {
  readonly dtype: ElementType;
  readonly shape: readonly number[];
  readonly data?: ConstantData;
  trace?: Recording;
  value?: Value;
}

/**
 * A tfjs backend that computes nothing. Its tensors represent values of the graph under construction. Data that a
 * function creates (`tf.scalar`, `tf.zeros`) becomes a constant at its first use.
 */
export class TracingBackend extends KernelBackend {
  readonly #cells = new DataStorage<Cell>(this, engine());
  #trace: Recording | null = null;

  /** Runs `body` and records it in `trace`. */
  during<T>(trace: Recording, body: () => T): T {
    if (this.#trace !== null) throw new Error('a function cannot be compiled while another function is being traced');
    this.#trace = trace;
    try {
      return body();
    } finally {
      this.#trace = null;
    }
  }

  get trace(): Recording {
    if (this.#trace === null)
      throw new Error('a tensor of a compiled function cannot be used outside of that function');
    return this.#trace;
  }

  /** Returns a new tensor handle for a value. */
  handle(value: Value): TensorInfo {
    const dataId = {};
    const shape = evaluateShape(value.shape);
    this.#cells.set(dataId, { dtype: value.dtype, shape, trace: this.trace, value });
    return { dataId, shape, dtype: value.dtype };
  }

  /** Returns the value of a tensor in the current trace. `shape` is the shape of the tensor. */
  valueBehind({ dataId, shape }: TensorInfo): Value {
    const cell = this.#cells.get(dataId);
    if (cell.trace !== this.trace || cell.value === undefined) {
      if (cell.data === undefined)
        throw new Error('a tensor of an earlier trace was used: a traced function must not keep state');
      cell.value = this.#constant(cell, cell.data);
      cell.trace = this.trace;
    }
    // Tensors of different shapes can share a cell, because reshaping does not copy data.
    return sameShape(cell.value.shape, shape)
      ? cell.value
      : this.trace.builder.emit('Reshape', [cell.value], { shape });
  }

  override write(values: backend_util.BackendValues, shape: number[], dtype: ElementType): DataId {
    const dataId = {};
    this.move(dataId, values, shape, dtype);
    return dataId;
  }

  override move(dataId: DataId, values: backend_util.BackendValues, shape: number[], dtype: ElementType): void {
    this.#cells.set(dataId, { dtype, shape, data: constantData(dtype, values as ArrayLike<number>) });
  }

  override readSync(dataId: DataId): backend_util.BackendValues {
    const { data } = this.#cells.get(dataId);
    if (data === undefined) {
      throw new TypeError(
        'a compiled function must not read the values of its tensors (data, dataSync, array, print): ' +
          'they exist only when the graph runs. Express the decision with tf.where, or pass it as an input.',
      );
    }
    return data;
  }

  override async read(dataId: DataId): Promise<backend_util.BackendValues> {
    return this.readSync(dataId);
  }

  // Handles are garbage collected with their tensors. Nothing is disposed, because a constant can be used again.
  override disposeData(): boolean {
    return false;
  }
  override incRef(): void {}
  decRef(): void {}
  override refCount(): number {
    return 1;
  }
  override numDataIds(): number {
    return this.#cells.numDataIds();
  }
  override memory() {
    return { unreliable: true };
  }
  override floatPrecision(): 16 | 32 {
    return 32;
  }
  override epsilon(): number {
    return 1e-7;
  }

  #constant({ dtype, shape }: Cell, data: ConstantData): Value {
    const { builder } = this.trace;
    const uniform = data.length > 0 && data.every((element) => element === data[0]);
    if (uniform) return filled(builder, shape, data[0]!, dtype);
    if (data.length !== sizeOf(shape))
      throw new RangeError(`a constant [${shape}]: expected ${sizeOf(shape)} elements, got ${data.length}`);
    return builder.constant(dtype, shape, data);
  }
}
