/** How much of a row a reject contains, in UTF-16 code units. */
const maxExcerptLength = 500;

/** Removes the carriage return of a line that ends with one before its line feed. */
export function withoutReturn(text: string): string {
  return text.endsWith('\r') ? text.slice(0, -1) : text;
}

/**
 * Returns the text of a row for a reject: shortened, and with NUL characters escaped, since PostgreSQL cannot store
 * them.
 */
export function excerpt(row: string): string {
  const text = row.length > maxExcerptLength ? `${row.slice(0, maxExcerptLength)}…` : row;
  return text.replaceAll('\0', '\\0');
}

/** The reason to reject a row of more than this number of bytes. */
export function tooLong(maxLength: number): string {
  return `expected a row of at most ${maxLength} bytes, got a longer one`;
}

/** The reason to reject a row with a NUL character. */
export const withNul = 'expected text without the NUL character';
