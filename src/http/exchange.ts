import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { WarmstartError } from '../common/errors.ts';
import { clientAddress } from './client-address.ts';

export interface ExchangeOptions {
  readonly logger: Logger;
  readonly trustedProxies: number;
}

/** The form of a request ID that is accepted from a client: nothing that could forge a log line. */
const acceptedId = /^[A-Za-z0-9._-]{1,128}$/;

/** Tell browsers not to sniff, frame, share or store a response. */
const securityHeaders = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};

const json = 'application/json; charset=utf-8';

/** One HTTP request and its response. */
export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /**
   * The header `x-request-id` if it has an accepted form, otherwise a new ID. The response has it in the same header.
   */
  readonly id: string;
  /** The path as sent, without the query string, which can hold secrets. */
  readonly path: string;
  /** The query string with its `?`; empty if there is none. */
  readonly search: string;
  /** The address of the client. `undefined` if it has disconnected. */
  readonly address: string | undefined;
  /** OK, or the code of the first error, for the log; `undefined` until an operation is answered. */
  outcome: string | undefined;
  /** Whether the request was refused because the server had too many. */
  wasShed = false;
  readonly #logger: Logger;
  #log: Logger | undefined;
  #gone: AbortSignal | undefined;

  constructor(request: IncomingMessage, response: ServerResponse, { logger, trustedProxies }: ExchangeOptions) {
    this.request = request;
    this.response = response;
    const given = request.headers['x-request-id'];
    this.id = typeof given === 'string' && acceptedId.test(given) ? given : randomUUID();
    const url = request.url ?? '/';
    const query = url.indexOf('?');
    this.path = query < 0 ? url : url.slice(0, query);
    this.search = query < 0 ? '' : url.slice(query);
    this.address = clientAddress(request, trustedProxies);
    this.#logger = logger;
  }

  /** Writes the request's ID into every line. */
  get log(): Logger {
    this.#log ??= this.#logger.child({ requestId: this.id });
    return this.#log;
  }

  /** Whether the client no longer waits for the answer. */
  get isGone(): boolean {
    return this.response.destroyed;
  }

  /** Aborted once the client no longer waits for the answer. No client and no log sees the reason. */
  get gone(): AbortSignal {
    this.#gone ??= untilClosed(this.response);
    return this.#gone;
  }

  /** Answers with a text; by default JSON. Does nothing if the client is gone. */
  send(status: number, text: string, headers: Readonly<Record<string, string>> = {}): void {
    if (this.isGone) return;
    this.response.writeHead(status, {
      'x-request-id': this.id,
      ...securityHeaders,
      'content-type': json,
      ...headers,
      'content-length': Buffer.byteLength(text),
    });
    this.response.end(text);
  }
}

function untilClosed(response: ServerResponse): AbortSignal {
  const closed = new AbortController();
  if (response.destroyed) abort(closed);
  response.once('close', () => {
    if (!response.writableFinished) abort(closed);
  });
  return closed.signal;
}

function abort(closed: AbortController): void {
  closed.abort(new WarmstartError('INTERRUPTED', 'the client closed the connection'));
}
