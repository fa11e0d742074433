import type { Cell } from '../tables/table.ts';
import type { Replacement } from './mapping-features.ts';
import type { Parse } from './parse-texts.ts';

/** What says that a cell has no value, and what of it is the value. */
interface OptionalColumn {
  readonly pattern?: string | undefined;
  readonly replace?: readonly Replacement[] | undefined;
  readonly missing?: readonly string[] | undefined;
}

/**
 * Applies `parse` to the value of a cell: to the part that the pattern takes, after the replacements. Without a value
 * before or after the replacements, returns `null`.
 */
export function ifPresent<T>({ pattern, replace, missing = [''] }: OptionalColumn, parse: Parse<T>): Parse<T | null> {
  const absent = new Set(missing.map((text) => text.trim()));
  const part = pattern === undefined ? undefined : new RegExp(pattern);
  const replaced = replacer(replace);
  const isAbsent = (cell: Cell) =>
    cell === null || cell === undefined || (typeof cell === 'string' && absent.has(cell.trim()));
  return (cell) => {
    if (cell === null || cell === undefined || Number.isNaN(cell)) return null;
    const taken = part === undefined || typeof cell === 'object' ? cell : part.exec(String(cell))?.[1];
    if (isAbsent(taken)) return null;
    const value = replaced(taken);
    return isAbsent(value) ? null : parse(value);
  };
}

/** Returns the function that makes all replacements in a text, one after the other. Other cells stay as they are. */
export function replacer(replace: readonly Replacement[] = []): (cell: Cell) => Cell {
  const steps = replace.map(({ pattern, by }) => ({ found: new RegExp(pattern, 'g'), by }));
  if (steps.length === 0) return (cell) => cell;
  return (cell) => {
    if (cell === null || cell === undefined || typeof cell === 'object') return cell;
    return steps.reduce((text, { found, by }) => text.replace(found, by), String(cell));
  };
}
