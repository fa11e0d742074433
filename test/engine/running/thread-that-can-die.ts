import { parentPort } from 'node:worker_threads';
import '../../../src/engine/running/session-thread.ts';
import type { SessionRequest } from '../../../src/engine/running/session-thread.ts';

/** A run that reads this number ends the thread. */
export const deadlyNumber = 13;

parentPort?.on('message', (request: SessionRequest) => {
  if (request.kind === 'run' && request.feeds.x?.data.includes(deadlyNumber)) throw new Error('no memory is left');
});
