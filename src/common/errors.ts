/**
 * The closed list of what can go wrong for a reason the caller can act on. Those of the API are values of `ErrorCode` in
 * schema.graphql too; docs/errors.md says when each occurs.
 */
export const errorCodes = [
  'BAD_USER_INPUT',
  'INVALID_CURSOR',
  'USER_NOT_FOUND',
  'ITEM_NOT_FOUND',
  'SCENARIO_NOT_FOUND',
  'TRAINING_RUN_NOT_FOUND',
  'RETRAIN_SCHEDULE_NOT_FOUND',
  'MODEL_VERSION_NOT_FOUND',
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

/** The way to the value that is wrong, from the arguments of whoever gave it. */
export type FieldPath = readonly (string | number)[];

export interface WarmstartErrorOptions extends ErrorOptions {
  readonly field?: FieldPath;
}

/** A failure with a documented code; its message says what was expected, what came, and what to do. */
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

/** Everything that is wrong with one request, at once. */
export class WarmstartErrors extends Error {
  readonly errors: readonly WarmstartError[];

  constructor(errors: readonly WarmstartError[]) {
    super(errors.map(({ message }) => message).join('; '));
    this.name = 'WarmstartErrors';
    this.errors = errors;
  }
}
