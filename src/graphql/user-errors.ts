import { type ErrorCode, type FieldPath, WarmstartError, WarmstartErrors } from '../common/errors.ts';
import type { ErrorCode as PublicErrorCode, UserError } from './generated/resolver-types.ts';

/** What a mutation cannot be blamed on its input for; told in `errors`, not in `userErrors`. */
const notOfTheInput: readonly ErrorCode[] = [
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'OPERATION_TOO_LARGE',
  'RATE_LIMITED',
  'UNAVAILABLE',
];

/** The payload that `work` makes, or, when the input was wrong, one with nothing but `userErrors`. */
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

/** Field paths come from services, which do not know that arguments are called `input`. */
export function userErrorOf({ code, message, field }: WarmstartError): UserError {
  return { code: code as PublicErrorCode, message, field: field ? pathOf(field) : null };
}

function pathOf(field: FieldPath): string[] {
  return ['input', ...field.map(String)];
}
