import { isStorable, storableText } from '../../common/storable-text.ts';
import type { Cell } from '../tables/table.ts';
import { Problem } from './problem.ts';

/** Reads the cells of one column. */
export type Parse<T> = (cell: Cell) => T | Problem;

/** Longer IDs are most likely damaged data, and would make the index large. */
export const maxIdLength = 256;

const maxCategoryLength = 256;
const maxTitleLength = 1000;

/**
 * Returns the parser of IDs. An ID stays as it is, with all characters and digits. Spaces around an ID are refused, since
 * callers of the API would have to send them too. So is a number with decimals, since there are several ways to write it.
 */
export function idParser(column: string): Parse<string> {
  return (cell) => {
    const id = typeof cell === 'string' ? cell : idOf(cell);
    if (id === undefined || id === '') return new Problem(column, 'an ID: a text or a whole number', cell);
    if (id.length > maxIdLength) return new Problem(column, `an ID of at most ${maxIdLength} characters`, cell);
    if (id.trim().length < id.length) return new Problem(column, 'an ID without spaces around it', cell);
    return isStorable(id) ? id : new Problem(column, `an ID of ${storableText}`, cell);
  };
}

/** Returns the parser of IDs that can be absent. */
export function optionalIdParser(column: string): Parse<string | undefined> {
  const parse = idParser(column);
  return (cell) => (cell === null || cell === undefined || cell === '' ? undefined : parse(cell));
}

/** Returns the parser of lists of IDs, with a separator or as lists. Each ID is in the list once. */
export function idsParser(column: string, separator: string | undefined): Parse<readonly string[]> {
  const parse = idParser(column);
  return (cell) => {
    const cells = cellsOf(cell, separator);
    if (cells === undefined) return notAList(column, cell);
    const ids = new Set<string>();
    for (const part of cells) {
      const id = parse(part);
      if (id instanceof Problem) return id;
      ids.add(id);
    }
    return [...ids];
  };
}

/** Returns the parser of titles: any value as text, without spaces around it; `null` if there is none. */
export function titleParser(column: string): Parse<string | null> {
  return (cell) => {
    if (cell === null || cell === undefined) return null;
    const title = textOf(cell)?.trim();
    if (title === undefined || title.length > maxTitleLength || !isStorable(title))
      return new Problem(column, `a title of at most ${maxTitleLength} characters of ${storableText}`, cell);
    return title === '' ? null : title;
  };
}

/** Returns the parser of `true` and `false`, also as texts; `null` if there is none. */
export function optionalBooleanParser(column: string): Parse<boolean | null> {
  return (cell) => {
    const text = cell === null || cell === undefined ? '' : textOf(cell)?.trim().toLowerCase();
    if (text === '') return null;
    if (text === 'true' || text === 'false') return text === 'true';
    return new Problem(column, 'true or false', cell, 'state "replace" for the texts that mean them');
  };
}

/** Returns the parser of categories. Spaces around a category do not count. */
export function categoryParser(column: string): Parse<string> {
  return (cell) => {
    const category = textOf(cell)?.trim();
    if (category !== undefined && category.length <= maxCategoryLength && isStorable(category)) return category;
    return new Problem(column, `a category of at most ${maxCategoryLength} characters of ${storableText}`, cell);
  };
}

/** Returns the cells of a list: a list, JSON that is a list, or a text with a separator. `undefined` if it is none. */
export function cellsOf(cell: Cell, separator: string | undefined): readonly Cell[] | undefined {
  if (Array.isArray(cell)) return cell;
  if (typeof cell !== 'string') return separator === undefined || textOf(cell) === undefined ? undefined : [cell];
  if (separator === undefined) return listOf(cell);
  return cell.split(separator).flatMap((part) => part.trim() || []);
}

export function notAList(column: string, cell: Cell): Problem {
  return new Problem(column, 'a list', cell, 'state the "separator" of a text with several values');
}

/** Returns a value as text, without loss; `undefined` if it is none that has one text. */
function textOf(cell: Cell): string | undefined {
  if (typeof cell === 'string') return cell;
  if (typeof cell === 'number') return Number.isFinite(cell) ? String(cell) : undefined;
  if (typeof cell === 'bigint' || typeof cell === 'boolean') return String(cell);
  return cell instanceof Date && !Number.isNaN(cell.getTime()) ? cell.toISOString() : undefined;
}

function idOf(cell: Cell): string | undefined {
  if (typeof cell === 'number') return Number.isSafeInteger(cell) ? String(cell) : undefined;
  return typeof cell === 'bigint' ? String(cell) : undefined;
}

function listOf(text: string): readonly Cell[] | undefined {
  if (!text.trimStart().startsWith('[')) return undefined;
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? list : undefined;
  } catch {
    return undefined;
  }
}
