import { InferenceSession, listSupportedBackends, Tensor } from 'onnxruntime-node';
import { WarmstartError } from '../../common/errors.ts';
import type { ExecutionProvider, HostTensor, HostTensors, Signature } from '../engine.ts';
import { asTurn, inTurn } from '../in-turn.ts';
import type { Graph } from '../ir/graph.ts';
import { writeModel } from '../onnx/write-model.ts';

export interface SessionOptions {
  /** Where graphs run. Default `cpu`. One that does not start is replaced by `cpu`, and `log` is told why. */
  readonly provider?: ExecutionProvider;
  /** Threads that one operator may use. Default 1: several processes on a machine then do not contend. */
  readonly threads?: number;
  /** Told of fallbacks and of functions compiled once for each size. Default: nobody. */
  readonly log?: (message: string) => void;
}

/** What it costs to load a graph grows with its nodes; beyond this, only the rewrites that always pay are left on. */
const largeGraph = 4000;

/** Loads a graph into ONNX Runtime. */
export async function openSession(graph: Graph, options: SessionOptions): Promise<InferenceSession> {
  const { provider = 'cpu', log } = options;
  const model = await inTurn(() => writeModel(graph));
  const settings = settingsFor(graph, options);
  const create = (more: InferenceSession.SessionOptions = {}) =>
    asTurn(() => InferenceSession.create(model, { ...settings, ...more }));
  if (provider === 'cpu') return create();
  try {
    requireProvider(provider);
    return await create({ executionProviders: [provider, 'cpu'] });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n', 1)[0] : String(cause);
    log?.(`execution provider "${provider}" is not available, falling back to "cpu": ${reason}`);
    return create();
  }
}

function settingsFor(graph: Graph, { threads = 1 }: SessionOptions): InferenceSession.SessionOptions {
  return {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: graph.nodes.length > largeGraph ? 'basic' : 'all',
    // Adam's second moments reach denormal numbers, with which a processor computes a hundred times slower.
    extra: { session: { set_denormal_as_zero: '1' } },
  };
}

function requireProvider(provider: ExecutionProvider): void {
  const known = listSupportedBackends().map(({ name }) => name);
  if (!known.includes(provider)) {
    throw new WarmstartError(
      'ENGINE_NOT_AVAILABLE',
      `this build of onnxruntime-node has only: ${known.join(', ')}`,
    );
  }
}

/** Inputs in the memory they are in; those that the graph does not read are left out. */
export function feedsOf(signature: Signature, inputs: HostTensors, read: readonly string[]) {
  const names = Object.keys(signature).filter((name) => read.includes(name));
  return Object.fromEntries(names.map((name) => [name, toOrtTensor(inputs[name]!)]));
}

/** A tensor over the same memory. */
export function toOrtTensor({ dtype, shape, data }: HostTensor): Tensor {
  return new Tensor(dtype, data as never, shape as number[]);
}

/** A host tensor over the memory that ONNX Runtime filled. */
export function toHostTensor(tensor: Tensor): HostTensor {
  return {
    dtype: tensor.type as HostTensor['dtype'],
    shape: tensor.dims,
    data: tensor.data as HostTensor['data'],
  };
}
