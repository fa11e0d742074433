import { parentPort } from 'node:worker_threads';
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
export interface FunctionAnswer {
  readonly request: number;
  readonly outputs?: HostTensors;
  readonly error?: Error;
}

const functions = new Map<number, CompiledFunction>();

parentPort?.on('message', async ({ request, ...message }: FunctionRequest & { readonly request: number }) => {
  const answer = await handle(message).catch((error: Error): Omit<FunctionAnswer, 'request'> => ({ error }));
  const arrays = Object.values(answer.outputs ?? {}).map(({ data }) => data.buffer as ArrayBuffer);
  parentPort?.postMessage({ request, ...answer } satisfies FunctionAnswer, [...new Set(arrays)]);
});

async function handle(message: FunctionRequest): Promise<Omit<FunctionAnswer, 'request'>> {
  if (message.kind === 'compile') {
    const { id, module, argument, threads } = message;
    const { define } = (await import(module)) as { define: (argument: unknown) => FunctionDefinition };
    functions.set(id, await compileFunction(define(argument), { threads }));
    return {};
  }
  const compiled = functions.get(message.id) as CompiledFunction;
  if (message.kind === 'run') return { outputs: await compiled.run(message.inputs) };
  functions.delete(message.id);
  compiled.dispose();
  return {};
}
