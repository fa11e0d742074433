import { parentPort } from 'node:worker_threads';
import { InferenceSession } from 'onnxruntime-node';
import type { HostTensors } from '../engine.ts';
import { toHostTensor, toOrtTensor } from './ort-tensor.ts';

/** What to do with a session. The caller numbers its sessions. */
export type SessionRequest =
  | { readonly kind: 'open'; readonly session: number; readonly model: Uint8Array; readonly settings: object }
  | { readonly kind: 'run'; readonly session: number; readonly feeds: HostTensors }
  | { readonly kind: 'release'; readonly session: number };

/** The names of an opened session's inputs and outputs. */
export type SessionNames = Pick<InferenceSession, 'inputNames' | 'outputNames'>;

/** What became of the request of this number: `names` of an opened session, or the `outputs` of a run. */
export interface SessionAnswer {
  readonly request: number;
  readonly names?: SessionNames;
  readonly outputs?: HostTensors;
  readonly error?: Error;
}

const sessions = new Map<number, InferenceSession>();

parentPort?.on('message', async ({ request, ...message }: SessionRequest & { readonly request: number }) => {
  const answer = await handle(message).catch((error: Error): Omit<SessionAnswer, 'request'> => ({ error }));
  const arrays = Object.values(answer.outputs ?? {}).map(({ data }) => data.buffer as ArrayBuffer);
  parentPort?.postMessage({ request, ...answer } satisfies SessionAnswer, [...new Set(arrays)]);
});

async function handle(message: SessionRequest): Promise<Omit<SessionAnswer, 'request'>> {
  if (message.kind === 'open') {
    const session = await InferenceSession.create(message.model, message.settings);
    sessions.set(message.session, session);
    return { names: { inputNames: session.inputNames, outputNames: session.outputNames } };
  }
  const session = sessions.get(message.session) as InferenceSession;
  if (message.kind === 'run') return { outputs: await run(session, message.feeds) };
  sessions.delete(message.session);
  await session.release();
  return {};
}

async function run(session: InferenceSession, feeds: HostTensors): Promise<HostTensors> {
  const tensors = Object.entries(feeds).map(([name, tensor]) => [name, toOrtTensor(tensor)]);
  const outputs = await session.run(Object.fromEntries(tensors));
  return Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, toHostTensor(tensor)]));
}
