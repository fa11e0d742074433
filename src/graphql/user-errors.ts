import { type ErrorCode, type FieldPath, WarmstartError, WarmstartErrors } from '../common/errors.ts';
import type { ErrorCode as PublicErrorCode, UserError } from './generated/resolver-types.ts';

/** Codes that do not concern the input of a mutation. They are reported in `errors`, not in `userErrors`. */
const notOfTheInput: readonly ErrorCode[] = [
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'OPERATION_TOO_LARGE',
  'RATE_LIMITED',
  'UNAVAILABLE',
];

/** Returns the payload that `work` returns or, if the input is wrong, a payload with only `userErrors`. */
export async function payloadOf<Payload extends object>(
  work: () => Promise<Payload>,
): Promise<(Payload & { userErrors: UserError[] }) | { userErrors: UserError[] }> {
  try {
    return { ...(await work()), userErrors: [] };
  } catch (error) {
    if (error instanceof WarmstartErrors) return { userErrors: error.errors.map(userErrorOf) };
    if (error instanceof WarmstartError && !notOfTheInput.includes(error.code))
      return { userErrors: [userErrorOf(error)] };
    throw error;
  }
}

/** Prefixes the path to the field with `input`: services do not know that mutations wrap their arguments in it. */
export function userErrorOf({ code, message, field }: WarmstartError): UserError {
  return { code: code as PublicErrorCode, message, field: field ? pathOf(field) : null };
}

function pathOf(field: FieldPath): string[] {
  return ['input', ...field.map(String)];
}
