/**
 * The closed list of errors that a caller can act on. docs/errors.md says when each one occurs. The codes of the API
 * are also the values of `ErrorCode` in schema.graphql.
 */
export const errorCodes = [
  'BAD_USER_INPUT',
  'INVALID_CURSOR',
  'USER_NOT_FOUND',
  'ITEM_NOT_FOUND',
  'SCENARIO_NOT_FOUND',
  'INTERACTION_NOT_FOUND',
  'TRAINING_RUN_NOT_FOUND',
  'RETRAIN_SCHEDULE_NOT_FOUND',
  'MODEL_VERSION_NOT_FOUND',
  'MODEL_VERSION_UNUSABLE',
  'API_KEY_NOT_FOUND',
  'IDEMPOTENCY_CONFLICT',
  'ALREADY_FINISHED',
  'NOTHING_TO_EXPLAIN',
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'OPERATION_TOO_LARGE',
  'RATE_LIMITED',
  'UNAVAILABLE',
  'INVALID_CONFIGURATION',
  'INVALID_DATA',
  'ENGINE_NOT_AVAILABLE',
  'INTERRUPTED',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** The path from a request's arguments to the wrong value, such as `['input', 'users', 3, 'features']`. */
export type FieldPath = readonly (string | number)[];

export interface WarmstartErrorOptions extends ErrorOptions {
  readonly field?: FieldPath;
}

/** A failure with a documented code. Its message tells what was expected, what was received, and what to do. */
export class WarmstartError extends Error {
  readonly code: ErrorCode;
  readonly field: FieldPath | undefined;

  constructor(code: ErrorCode, message: string, { field, ...options }: WarmstartErrorOptions = {}) {
    super(message, options);
    this.name = 'WarmstartError';
    this.code = code;
    this.field = field;
  }
}

/** All errors of one request. */
export class WarmstartErrors extends Error {
  readonly errors: readonly WarmstartError[];

  constructor(errors: readonly WarmstartError[]) {
    super(errors.map(({ message }) => message).join('; '));
    this.name = 'WarmstartErrors';
    this.errors = errors;
  }
}

/** Returns an error about a value in the caller's input. The message starts with the path to the value. */
export function inputError(path: FieldPath, message: string, code: ErrorCode = 'BAD_USER_INPUT'): WarmstartError {
  return new WarmstartError(code, `${path.join('.')}: ${message}`, { field: path });
}

const notFoundCodes = {
  user: 'USER_NOT_FOUND',
  item: 'ITEM_NOT_FOUND',
  scenario: 'SCENARIO_NOT_FOUND',
  interaction: 'INTERACTION_NOT_FOUND',
  'training run': 'TRAINING_RUN_NOT_FOUND',
  'retrain schedule': 'RETRAIN_SCHEDULE_NOT_FOUND',
  'model version': 'MODEL_VERSION_NOT_FOUND',
  'API key': 'API_KEY_NOT_FOUND',
} as const satisfies Record<string, ErrorCode>;

export type NotFoundKind = keyof typeof notFoundCodes;

/** Describes an ID that does not exist. Global IDs are internal, so only external IDs are repeated. */
export function notFoundMessage(kind: NotFoundKind, externalId?: string): string {
  return externalId === undefined
    ? `there is no ${kind} with this ID`
    : `there is no ${kind} with the ID ${quote(externalId)}`;
}

/** Returns the error about an ID that does not exist, with the path to the ID if it is known. */
export function notFound(kind: NotFoundKind, externalId?: string, path?: FieldPath): WarmstartError {
  const message = notFoundMessage(kind, externalId);
  return path ? inputError(path, message, notFoundCodes[kind]) : new WarmstartError(notFoundCodes[kind], message);
}

/** Maximum number of errors reported for one batch. */
const maxErrors = 100;

/** Throws all errors together, if there are any: the first hundred, and the number of the remaining ones. */
export function throwErrors(errors: readonly WarmstartError[]): void {
  const reported = errors.slice(0, maxErrors);
  const last = reported.at(-1);
  if (!last) return;
  const more = errors.length - reported.length;
  if (more > 0) reported.push(new WarmstartError(last.code, `${more} more errors are not listed`));
  throw new WarmstartErrors(reported);
}

const maxQuotedLength = 100;

/** Formats a value for a message: as JSON, shortened if it is long. */
export function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= maxQuotedLength ? text : `${text.slice(0, maxQuotedLength).toWellFormed()}…`;
}
