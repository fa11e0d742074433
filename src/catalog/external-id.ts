import { inputError } from '../common/errors.ts';
import { textProblem } from '../common/storable-text.ts';

const maxExternalIdLength = 256;

/** Returns why an external ID is invalid, or `undefined` if it is valid. */
export function externalIdProblem(id: string): string | undefined {
  return textProblem(id, { min: 1, max: maxExternalIdLength });
}

/** Throws BAD_USER_INPUT with `field` if the external ID is invalid. */
export function checkExternalId(field: string, id: string): void {
  const problem = externalIdProblem(id);
  if (problem) throw inputError([field], problem);
}
