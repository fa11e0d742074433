import { parentPort } from 'node:worker_threads';
import '../../../src/engine/running/function-thread.ts';
import type { FunctionRequest } from '../../../src/engine/running/function-thread.ts';

/** A run that reads this number ends the thread. */
export const deadlyNumber = 13;

parentPort?.on('message', (request: FunctionRequest) => {
  if (request.kind === 'run' && request.inputs.x?.data.includes(deadlyNumber)) throw new Error('no memory is left');
});
