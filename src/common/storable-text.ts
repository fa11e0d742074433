/** The length limits of a text, in UTF-16 code units. */
export interface TextLimits {
  /** Default: 0. */
  readonly min?: number;
  readonly max: number;
}

/** What a message expects of a text that PostgreSQL must store. */
export const storableText = 'well-formed Unicode without U+0000';

/** Returns what is wrong with a text that PostgreSQL must store, or `undefined` if it can be stored unchanged. */
export function textProblem(text: string, { min = 0, max }: TextLimits): string | undefined {
  if (text.length < min || text.length > max) return `expected ${range(min, max)} characters, got ${text.length}`;
  return isStorable(text) ? undefined : `expected ${storableText}`;
}

/**
 * Whether PostgreSQL stores a text unchanged. It cannot store U+0000, and the driver would replace half of a surrogate
 * pair by U+FFFD, which could make two different texts equal.
 */
export function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

function range(min: number, max: number): string {
  return min === 0 ? `at most ${max}` : `${min} to ${max}`;
}
