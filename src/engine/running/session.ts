import { InferenceSession, listSupportedBackends } from 'onnxruntime-node';
import { WarmstartError } from '../../common/errors.ts';
import type { ExecutionProvider, HostTensors, Signature } from '../engine.ts';
import { asTurn, inTurn } from '../in-turn.ts';
import type { Graph } from '../ir/graph.ts';
import { writeModel } from '../onnx/write-model.ts';
import { toOrtTensor } from './ort-tensor.ts';

export interface SessionOptions {
  /** Where graphs run. If the provider does not start, `cpu` replaces it, and the reason is logged. Default: `cpu`. */
  readonly provider?: ExecutionProvider;
  /** The maximum number of threads per operator. Default: 1, so that processes on one machine do not compete. */
  readonly threads?: number;
  /** Receives messages about fallbacks to `cpu` and about functions that are compiled once per size. Default: none. */
  readonly log?: (message: string) => void;
}

/** The cost of loading grows with the number of nodes. Larger graphs get only ONNX Runtime's basic optimizations. */
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
    // Adam's second moments become denormal, and CPUs compute with denormal numbers about a hundred times slower.
    extra: { session: { set_denormal_as_zero: '1' } },
  };
}

function requireProvider(provider: ExecutionProvider): void {
  const known = listSupportedBackends().map(({ name }) => name);
  if (!known.includes(provider)) {
    throw new WarmstartError(
      'ENGINE_NOT_AVAILABLE',
      `this build of onnxruntime-node supports only: ${known.join(', ')}`,
    );
  }
}

/** Returns the inputs that the graph reads, without copying them. */
export function feedsOf(signature: Signature, inputs: HostTensors, read: readonly string[]) {
  const names = Object.keys(signature).filter((name) => read.includes(name));
  return Object.fromEntries(names.map((name) => [name, toOrtTensor(inputs[name]!)]));
}
