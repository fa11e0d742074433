import { parentPort } from 'node:worker_threads';
import { type ErrorMessage, errorMessageOf } from '../../common/error-message.ts';
import type { CompiledFunction, FunctionDefinition, HostTensors } from '../engine.ts';
import { compileFunction } from './compile-function.ts';

/** What to do with a function. The caller numbers its functions. `module` is a URL with its extension. */
export type FunctionRequest =
  | {
      readonly kind: 'compile';
      readonly id: number;
      readonly module: string;
      readonly argument: unknown;
      readonly threads: number | undefined;
    }
  | { readonly kind: 'run'; readonly id: number; readonly inputs: HostTensors }
  | { readonly kind: 'dispose'; readonly id: number };

/** What became of the request of this number. Only runs have outputs. */
export type FunctionAnswer = { readonly request: number } & (
  | { readonly kind: 'done'; readonly outputs: HostTensors }
  | ErrorMessage
  | { readonly kind: 'failed'; readonly reason: Error }
);

const functions = new Map<number, CompiledFunction>();

parentPort?.on('message', async ({ request, ...message }: FunctionRequest & { readonly request: number }) => {
  try {
    const outputs = await handle(message);
    const buffers = new Set(Object.values(outputs).map(({ data }) => data.buffer as ArrayBuffer));
    answer({ request, kind: 'done', outputs }, [...buffers]);
  } catch (error) {
    const reason = error instanceof Error ? error : new Error(String(error));
    answer({ request, ...(errorMessageOf(error) ?? { kind: 'failed', reason }) });
  }
});

function answer(message: FunctionAnswer, handOver: ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, handOver);
}

async function handle(message: FunctionRequest): Promise<HostTensors> {
  if (message.kind === 'compile') {
    const { id, module, argument, threads } = message;
    const { define } = (await import(module)) as { define: (argument: unknown) => FunctionDefinition };
    functions.set(id, await compileFunction(define(argument), { threads }));
    return {};
  }
  const compiled = functions.get(message.id) as CompiledFunction;
  if (message.kind === 'run') return compiled.run(message.inputs);
  functions.delete(message.id);
  compiled.dispose();
  return {};
}
