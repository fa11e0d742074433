import { closeAfter } from './drain.ts';
import type { Exchange } from './exchange.ts';
import { RequestError, refuse } from './refusal.ts';

/** Refuses a request whose body has not come completely after `seconds`, so that it does not hold its connection. */
export function limitBodyTime(exchange: Exchange, seconds: number): void {
  const { request } = exchange;
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  if (encoding === undefined && (length === undefined || length === '0')) return;
  const timer = setTimeout(() => refuseSlow(exchange, seconds), seconds * 1000).unref();
  request.once('close', () => clearTimeout(timer));
}

function refuseSlow(exchange: Exchange, seconds: number): void {
  const { request, response } = exchange;
  if (request.complete) return;
  // It has been answered, and only the rest of its body is still to come.
  if (response.headersSent) return void request.socket.destroy();
  closeAfter(response);
  refuse(exchange, tooSlow(`the whole body within ${seconds} s`));
}

/** The refusal of a request whose body does not come in time. */
export function tooSlow(expected: string): RequestError {
  return new RequestError(408, `body: expected ${expected}, got only a part of it; send it again`);
}
