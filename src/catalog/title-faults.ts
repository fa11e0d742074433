import type { FieldPath, WarmstartError } from '../common/errors.ts';
import { inputFault } from './input-fault.ts';

const maxTitleLength = 1000;

/** Faults of the titles of a batch at `path`. */
export function titleFaults(path: FieldPath, rows: readonly { readonly title: string }[]): WarmstartError[] {
  return rows.flatMap(({ title }, index) => {
    const fault = titleFault(title);
    return fault ? [inputFault([...path, index, 'title'], fault)] : [];
  });
}

function titleFault(title: string): string | undefined {
  if (title.trim() === '') return 'a title cannot be blank';
  if (title.length > maxTitleLength)
    return `a title has 1 to ${maxTitleLength} characters, this one has ${title.length}`;
  // PostgreSQL's text cannot hold the one, and would change the other.
  if (title.includes('\0')) return 'a title cannot contain the character U+0000';
  if (!title.isWellFormed()) return 'a title cannot contain half of a surrogate pair';
  return undefined;
}
