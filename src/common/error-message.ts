import { type ErrorCode, type FieldPath, WarmstartError, WarmstartErrors } from './errors.ts';

/** Errors with a code, as they are sent between threads. */
export interface ErrorMessage {
  readonly kind: 'error';
  /** Whether to throw WarmstartErrors, or the only error by itself. */
  readonly together: boolean;
  readonly errors: readonly SentError[];
}

interface SentError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly field: FieldPath | undefined;
}

/**
 * Returns what to send of a WarmstartError or of WarmstartErrors; `undefined` for any other error. A structured clone of
 * an Error keeps its message and loses its code, so the fields are sent by themselves.
 */
export function errorMessageOf(error: unknown): ErrorMessage | undefined {
  const sent = ({ code, message, field }: WarmstartError): SentError => ({ code, message, field });
  if (error instanceof WarmstartErrors) return { kind: 'error', together: true, errors: error.errors.map(sent) };
  if (error instanceof WarmstartError) return { kind: 'error', together: false, errors: [sent(error)] };
  return undefined;
}

/** Returns the error that was sent. */
export function errorOf({ together, errors }: ErrorMessage): Error {
  const received = errors.map(({ code, message, field }) => new WarmstartError(code, message, field ? { field } : {}));
  return together ? new WarmstartErrors(received) : (received[0] as WarmstartError);
}
