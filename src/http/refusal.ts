import { refusalHead } from '../access/refusal.ts';
import type { WarmstartError } from '../common/errors.ts';
import type { Exchange } from './exchange.ts';

/** A request that is wrong before it is an operation: BAD_REQUEST. */
export class RequestError extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = 'RequestError';
    this.status = status;
    this.headers = headers;
  }
}

/** Refuses a request before it becomes an operation, in the form of a GraphQL response, and with `more` fields. */
export function refuse(exchange: Exchange, error: WarmstartError | RequestError, more: object = {}): void {
  const { message } = error;
  const requestIsWrong = error instanceof RequestError;
  const { status, headers } = requestIsWrong ? error : refusalHead(error);
  answerError(exchange, { status, code: requestIsWrong ? 'BAD_REQUEST' : error.code, message, headers, more });
}

/** Answers a request that failed for a reason that only the log shows. */
export function answerInternalError(exchange: Exchange, more: object = {}): void {
  answerError(exchange, { status: 500, code: 'INTERNAL_SERVER_ERROR', message: 'internal server error', more });
}

interface ErrorAnswer {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly more: object;
}

function answerError(exchange: Exchange, { status, code, message, headers, more }: ErrorAnswer): void {
  exchange.send(status, JSON.stringify({ errors: [{ message, extensions: { code } }], ...more }), headers);
}
