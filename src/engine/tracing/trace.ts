import * as tf from '@tensorflow/tfjs-core';
import type { ConcreteType } from '../ir/array-type.ts';
import { checkGraph } from '../ir/check-graph.ts';
import type { ConstantData, Graph, Value } from '../ir/graph.ts';
import { GraphBuilder } from '../ir/graph-builder.ts';
import { registerLowerings, tracingBackend, tracingBackendName } from './register-lowerings.ts';
import type { Recording } from './tracing-backend.ts';

/** A function's execution as it is written down: tensors inside, values of the graph outside. */
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
 * Runs `body` once on tensors without values and gives the graph of what it did. Synchronous: tfjs has one current
 * backend, and no other computation may come between.
 * Throws when the body reads values, keeps tensors of another trace, or calls a kernel that is not lowered.
 */
export function traceGraph(body: (trace: Trace) => Readonly<Record<string, tf.Tensor>>): Graph {
  registerLowerings();
  const trace = new Trace();
  const previous = tf.engine().backendName as string | undefined;
  // The promise is settled already: this backend needs no asynchronous start.
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
