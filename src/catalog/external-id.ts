import { inputFault } from './input-fault.ts';

export const maxExternalIdLength = 256;

/** Why a client's id cannot be stored, or `undefined` when it can. */
export function externalIdFault(id: string): string | undefined {
  if (id === '') return 'an id cannot be empty';
  if (id.length > maxExternalIdLength)
    return `an id has at most ${maxExternalIdLength} characters, this one has ${id.length}`;
  // PostgreSQL's text cannot hold it.
  if (id.includes('\0')) return 'an id cannot contain the character U+0000';
  // It would be stored as U+FFFD, and so be the same as another id.
  if (!id.isWellFormed()) return 'an id cannot contain half of a surrogate pair';
  return undefined;
}

/** Throws BAD_USER_INPUT, naming `field`. */
export function checkExternalId(field: string, id: string): void {
  const fault = externalIdFault(id);
  if (fault) throw inputFault([field], fault);
}
