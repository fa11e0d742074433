/**
 * The closed list of what can go wrong for a reason the caller can act on.
 * Clients see these as `extensions.code`; docs/errors.md says when each occurs.
 */
export const errorCodes = [
  'BAD_USER_INPUT',
  'INVALID_CURSOR',
  'USER_NOT_FOUND',
  'ITEM_NOT_FOUND',
  'SCENARIO_NOT_FOUND',
  'IDEMPOTENCY_CONFLICT',
  'INVALID_CONFIGURATION',
  'INVALID_DATA',
  'ENGINE_NOT_AVAILABLE',
  'INTERRUPTED',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** A failure with a documented code; its message says what was expected, what came, and what to do. */
export class WarmstartError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'WarmstartError';
    this.code = code;
  }
}
