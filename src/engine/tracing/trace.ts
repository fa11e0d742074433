import * as tf from '@tensorflow/tfjs-core';
import type { ConcreteType } from '../ir/array-type.ts';
import { checkGraph } from '../ir/check-graph.ts';
import type { ConstantData, Graph, Value } from '../ir/graph.ts';
import { GraphBuilder } from '../ir/graph-builder.ts';
import { registerLowerings, tracingBackend, tracingBackendName } from './register-lowerings.ts';
import type { Recording } from './tracing-backend.ts';

/** The recording of one execution of a function. The function sees tensors, and the graph holds their values. */
export class Trace implements Recording {
  readonly builder = new GraphBuilder();

  input(name: string, { dtype, shape }: ConcreteType): tf.Tensor {
    return this.tensorOf(this.builder.input(name, dtype, shape));
  }

  constant(name: string, { dtype, shape }: ConcreteType, data: ConstantData): tf.Tensor {
    return this.tensorOf(this.builder.constant(dtype, shape, data, name));
  }

  tensorOf(value: Value): tf.Tensor {
    return tf.engine().makeTensorFromTensorInfo(tracingBackend.handle(value), tracingBackend);
  }

  valueOf(tensor: tf.Tensor): Value {
    return tracingBackend.valueBehind(tensor);
  }
}

/**
 * Runs `body` once on tensors without data and returns the graph of its operations. Synchronous, because tfjs has one
 * current backend and no other computation must run in between.
 * Throws if the body reads data, uses tensors of another trace, or calls a kernel that is not lowered.
 */
export function traceGraph(body: (trace: Trace) => Readonly<Record<string, tf.Tensor>>): Graph {
  registerLowerings();
  const trace = new Trace();
  const previous = tf.engine().backendName as string | undefined;
  // The promise is already settled, because this backend starts synchronously.
  void tf.setBackend(tracingBackendName);
  try {
    const named: [string, Value][] = [];
    tracingBackend.during(trace, () =>
      tf.tidy(() => {
        for (const [name, tensor] of Object.entries(body(trace))) named.push([name, trace.valueOf(tensor)]);
      }),
    );
    return checkGraph(trace.builder.build(Object.fromEntries(named)), 'tracing');
  } finally {
    if (previous !== undefined) void tf.setBackend(previous);
  }
}
