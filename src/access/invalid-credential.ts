import { WarmstartError } from '../common/errors.ts';

/** The same for whatever is wrong with a key or a token, so that nobody learns from it how near they are. */
export function invalidCredential(cause?: unknown): WarmstartError {
  return new WarmstartError(
    'UNAUTHENTICATED',
    'Authorization: the API key or token is not valid, or not any more; send another',
    { cause },
  );
}
