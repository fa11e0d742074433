import * as tf from '@tensorflow/tfjs-core';
import { registerGradients } from '../gradients/register-gradients.ts';
import { elementwiseLowerings } from '../lowering/elementwise.ts';
import { indexingLowerings } from '../lowering/indexing.ts';
import type { Lowering } from '../lowering/lowering.ts';
import { productLowerings } from '../lowering/products.ts';
import { reductionLowerings } from '../lowering/reductions.ts';
import { shapingLowerings } from '../lowering/shaping.ts';
import { TracingBackend } from './tracing-backend.ts';

/** The lowerings of all tfjs kernels that can be compiled, by tfjs name. */
const kernelLowerings = {
  ...elementwiseLowerings,
  ...indexingLowerings,
  ...productLowerings,
  ...reductionLowerings,
  ...shapingLowerings,
} as const satisfies Record<string, Lowering>;

export type LoweredKernel = keyof typeof kernelLowerings;

export const tracingBackendName = 'warmstart-tracing';
export const tracingBackend = new TracingBackend();

let registered = false;

/** Registers the tracing backend and its kernels with tfjs. Later calls do nothing. */
export function registerLowerings(): void {
  if (registered) return;
  registered = true;
  registerGradients();
  // With the lowest priority, tfjs never selects this backend by itself.
  tf.registerBackend(tracingBackendName, () => tracingBackend, -1);
  for (const kernelName of allKernelNames()) registerKernel(kernelName, lowerings[kernelName]);
}

const lowerings: Readonly<Record<string, Lowering>> = kernelLowerings;

/** Returns the name of every kernel. tfjs exports each name as a constant whose identifier equals its value. */
function allKernelNames(): string[] {
  const exported = Object.entries(tf).flatMap(([name, value]) => (name === value ? [name] : []));
  return [...new Set([...exported, ...Object.keys(lowerings)])];
}

function registerKernel(kernelName: string, lowering: Lowering = refuse(kernelName)): void {
  if (tf.getKernel(kernelName, tracingBackendName) !== undefined) {
    throw new Error(`kernel ${kernelName} is registered twice`);
  }
  tf.registerKernel({
    kernelName,
    backendName: tracingBackendName,
    kernelFunc: ({ inputs, attrs }) => {
      // A missing optional input is undefined.
      const given = Object.entries(inputs).filter(([, info]) => info != null);
      const values = given.map(([name, info]) => [name, tracingBackend.valueBehind(info as tf.TensorInfo)]);
      const result = lowering(
        Object.fromEntries(values),
        (attrs ?? {}) as object as Readonly<Record<string, unknown>>,
        tracingBackend.trace.builder,
      );
      const isList = Array.isArray(result);
      return isList ? result.map((value) => tracingBackend.handle(value)) : tracingBackend.handle(result as never);
    },
  });
}

function refuse(kernelName: string): Lowering {
  return () => {
    throw new TypeError(
      `kernel ${kernelName} is not lowered; it was called by ${callerOutsideTfjs()}. ` +
        'Use kernels that are lowered, or add a row to src/engine/lowering/.',
    );
  };
}

/** Returns the first line of the stack whose file belongs neither to tfjs nor to the tracer. */
function callerOutsideTfjs(): string {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 50;
  const lines = new Error().stack?.split('\n').slice(1) ?? [];
  Error.stackTraceLimit = stackTraceLimit;
  const outside = lines.find(
    (line) => /[\\/]/.test(line) && !/tfjs-core|node_modules|(src|dist)[\\/]engine[\\/]tracing|node:/.test(line),
  );
  return outside?.trim().replace(/^at /, '') ?? 'an unknown function';
}
