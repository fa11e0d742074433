import { parentPort } from 'node:worker_threads';
import '../../../src/engine/running/function-thread.ts';
import type { FunctionRequest } from '../../../src/engine/running/function-thread.ts';

/** A run that reads this number ends the thread. */
export const deadlyNumber = 13;
/** A function of this name ends the thread while it is compiled. */
export const deadlyName = 'deadly';

parentPort?.on('message', (request: FunctionRequest) => {
  const isDeadly =
    request.kind === 'run'
      ? request.inputs.x?.data.includes(deadlyNumber)
      : 'argument' in request && request.argument === deadlyName;
  if (isDeadly) throw new Error('no memory is left');
});
