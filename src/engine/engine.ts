import type { Scalar, Tensor } from '@tensorflow/tfjs-core';

export type DType = 'float32' | 'int32';

/** A tensor in the host's memory: a shape and its elements in row-major order. */
export interface HostTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}
export type HostTensors = Readonly<Record<string, HostTensor>>;

/** The named tensors inside a function that an engine runs. */
export type Tensors = Readonly<Record<string, Tensor>>;

/** A size, or a symbol: the name of a size. A symbol has the same size wherever it occurs in a signature. */
export type Dimension = number | string;
export type Signature = Readonly<Record<string, { dtype: DType; shape: readonly Dimension[] }>>;

/**
 * A pure function over tfjs-core ops. It must not read tensor values, keep state or depend on anything except its
 * arguments, because an engine can run it on another machine, or only once, to compile it. It may compute gradients.
 */
export type TensorFunction = (parameters: Tensors, inputs: Tensors) => Tensors;
export type LossFunction = (parameters: Tensors, inputs: Tensors) => Scalar;

/** Computes new parameters from the parameters, their gradients and the optimizer's own moments. Must be pure. */
export interface Optimizer {
  /** Names of the tensors that the optimizer keeps per parameter. They have the parameter's shape and start at zero. */
  readonly moments: readonly string[];
  /** Returns the new parameter as `parameter` and each new moment under its own name. `step` counts from 1. */
  update(state: { parameter: Tensor; gradient: Tensor; moments: Tensors; step: Scalar; learningRate: Scalar }): Tensors;
}

export interface FunctionDefinition {
  readonly fn: TensorFunction;
  /** Fixed tensors. The engine uploads them once. */
  readonly parameters: HostTensors;
  readonly inputs: Signature;
  /**
   * Says how a thread makes the function. Set it if compiling or running the function would block the event loop too
   * long. The `onnx` engine then does both in a separate thread, which all such functions share. Eager engines run the
   * function like any other.
   */
  readonly threadSource?: FunctionSource;
}

/** How a thread makes a function. The function itself cannot be sent to it. */
export interface FunctionSource {
  /** The URL, without the extension, of a module whose `define` returns the definition for `argument`. */
  readonly module: URL;
  /** Returns plain data. The thread gets a copy of it, but shares arrays that are in shared memory. */
  argument(): Promise<unknown>;
}

export interface CompiledFunction {
  /** Throws a TypeError if an input is missing or does not fit the signature. */
  run(inputs: HostTensors): Promise<HostTensors>;
  /** Frees the memory after the runs in progress. Later runs reject with an Error. */
  dispose(): void;
}

export interface TrainingDefinition {
  readonly loss: LossFunction;
  readonly optimizer: Optimizer;
  /** The initial values of the tensors to train. */
  readonly parameters: HostTensors;
  /** Fixed tensors that the loss reads among its inputs. The engine uploads them once. */
  readonly constants: HostTensors;
  readonly inputs: Signature;
  /**
   * Names of parameters, usually embedding tables, that a step updates row by row. A step changes only the rows whose
   * gradient has an element that is not zero. The other rows keep their values and moments. This saves most of the
   * update when a step touches few of many rows. It differs from plain Adam: in a step that skips a row, neither its
   * moments nor its weights decay. The optimizer must treat all rows alike, and each row independently of the others.
   */
  readonly rowWise?: readonly string[];
}

export interface TrainingStep {
  /** Takes one optimizer step on one batch. Returns the loss before the update. */
  run(inputs: HostTensors, learningRate: number): Promise<number>;
  /** Returns a copy of the current parameters. */
  parameters(): Promise<HostTensors>;
  /** Frees the memory after the step in progress. Later steps reject with an Error. */
  dispose(): void;
}

/**
 * Executes tensor functions. All engines return the same results, up to float32 rounding. Functions without a
 * `threadSource` are compiled and run on the event loop's thread, in pieces. Each piece gets its own turn of the event
 * loop, even if many functions are compiled or run at once.
 */
export interface Engine {
  readonly name: EngineName;
  /**
   * The maximum number of rows (pairs, candidates) per run. An engine that computes on the event loop's thread sets it
   * so low that a run of this project's models blocks the loop for at most 20 ms.
   */
  readonly rowsPerRun: number;
  compile(definition: FunctionDefinition): Promise<CompiledFunction>;
  compileTraining(definition: TrainingDefinition): Promise<TrainingStep>;
}

export const engineNames = ['onnx', 'wasm', 'cpu', 'node', 'node-gpu'] as const;
export type EngineName = (typeof engineNames)[number];

/** What an operator can configure: an engine, or `auto`, which selects the fastest installed engine. */
export const engineChoices = ['auto', ...engineNames] as const;
export type EngineChoice = (typeof engineChoices)[number];

/** What the `onnx` engine computes on: the CPU, any GPU through WebGPU, or an NVIDIA GPU through CUDA. */
export const executionProviders = ['cpu', 'webgpu', 'cuda'] as const;
export type ExecutionProvider = (typeof executionProviders)[number];
