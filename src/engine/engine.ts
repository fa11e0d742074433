import type { Scalar, Tensor } from '@tensorflow/tfjs-core';

export type DType = 'float32' | 'int32';

/** A tensor in the host's memory: row-major data with its shape. */
export interface HostTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}
export type HostTensors = Readonly<Record<string, HostTensor>>;

/** Tensors by name, inside a function that an engine runs. */
export type Tensors = Readonly<Record<string, Tensor>>;

/** A dimension is a size, or a name that stands for any size, the same wherever the name recurs. */
export type Dimension = number | string;
export type Signature = Readonly<Record<string, { dtype: DType; shape: readonly Dimension[] }>>;

/**
 * A pure function over tfjs-core ops. It may not read tensor values, keep state or depend on anything but its
 * arguments: an engine may run it on another machine, or once, to compile it. It may differentiate what it computes.
 */
export type TensorFunction = (parameters: Tensors, inputs: Tensors) => Tensors;
export type LossFunction = (parameters: Tensors, inputs: Tensors) => Scalar;

/** How parameters follow their gradients: a pure function of both and of the optimizer's own moments. */
export interface Optimizer {
  /** Names of the tensors kept beside each parameter, shaped like it and zero at the start. */
  readonly moments: readonly string[];
  /** `step` counts from 1. Returns the new parameter as `parameter` and each moment under its own name. */
  update(state: {
    parameter: Tensor;
    gradient: Tensor;
    moments: Tensors;
    step: Scalar;
    learningRate: Scalar;
  }): Tensors;
}

export interface FunctionDefinition {
  readonly fn: TensorFunction;
  /** Fixed tensors, uploaded once. */
  readonly parameters: HostTensors;
  readonly inputs: Signature;
}

export interface CompiledFunction {
  /** Throws a TypeError when an input is missing or does not fit the signature. */
  run(inputs: HostTensors): Promise<HostTensors>;
  dispose(): void;
}

export interface TrainingDefinition {
  readonly loss: LossFunction;
  readonly optimizer: Optimizer;
  /** What is trained, at its start. */
  readonly parameters: HostTensors;
  /** Fixed tensors the loss reads among its inputs, uploaded once. */
  readonly constants: HostTensors;
  readonly inputs: Signature;
  /**
   * Parameters, usually tables of embeddings, of which a step changes only the rows whose gradient is not zero
   * throughout; the others keep their values and moments. Saves most of an update that touches few of many rows. It
   * is not plain Adam: a row's moments do not decay, and its weights do not, in steps that leave it out. The
   * optimizer must treat rows alike and apart.
   */
  readonly rowWise?: readonly string[];
}

export interface TrainingStep {
  /** One optimizer step on one batch; the loss is the one before the update. */
  run(inputs: HostTensors, learningRate: number): Promise<number>;
  /** A copy of the parameters as they are now. */
  parameters(): Promise<HostTensors>;
  dispose(): void;
}

/**
 * What executes tensor functions. Every engine gives the same results to float32 rounding. Functions are compiled and run
 * piece by piece, each in a turn of the event loop of its own, also where many are asked for at once.
 */
export interface Engine {
  readonly name: EngineName;
  /**
   * Rows (pairs, candidates) that one run may take at once. An engine that computes on the event loop's own
   * thread keeps it low enough not to hold the loop for more than 20 ms on the models of this project.
   */
  readonly rowsPerRun: number;
  compile(definition: FunctionDefinition): Promise<CompiledFunction>;
  compileTraining(definition: TrainingDefinition): Promise<TrainingStep>;
}

export const engineNames = ['onnx', 'wasm', 'cpu', 'node', 'node-gpu'] as const;
export type EngineName = (typeof engineNames)[number];

/** What an operator may ask for: an engine, or `auto`, the fastest one that is installed. */
export const engineChoices = ['auto', ...engineNames] as const;
export type EngineChoice = (typeof engineChoices)[number];

/** What computes for the `onnx` engine: the processor, any GPU through WebGPU, or NVIDIA's through CUDA. */
export const executionProviders = ['cpu', 'webgpu', 'cuda'] as const;
export type ExecutionProvider = (typeof executionProviders)[number];
