import { quote, WarmstartError } from '../../common/errors.ts';
import type { Cell } from './table.ts';

/** How many columns a message lists. */
const maxListed = 50;

/**
 * Checks the names of the columns of a file. Throws INVALID_DATA if a name is empty, or if two are equal. `place` says
 * where the names are.
 */
export function checkNames(file: string, place: string, names: readonly string[]): void {
  const found = `${place} of ${file}`;
  const empty = names.indexOf('');
  if (empty >= 0)
    throw new WarmstartError(
      'INVALID_DATA',
      `expected a name for every column in ${found}, got none for column ${empty + 1} of ${names.length}; ` +
        'add the name, or remove the column (pandas writes it unless told index=False)',
    );
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new WarmstartError(
      'INVALID_DATA',
      `expected different names of columns in ${found}, got ${quote(twice)} twice; rename one of them`,
    );
}

/** Throws INVALID_DATA if a file does not have all the columns that are wanted. */
export function checkWanted(file: string, existing: readonly string[], wanted: readonly string[]): void {
  const missing = wanted.find((name) => !existing.includes(name));
  if (missing === undefined) return;
  throw new WarmstartError(
    'INVALID_DATA',
    `expected the column ${quote(missing)} in ${file}, got only ${listed(existing)}; name one of these`,
  );
}

function listed(names: readonly string[]): string {
  const more = names.length > maxListed ? ` and ${names.length - maxListed} more` : '';
  return `${names.slice(0, maxListed).map(quote).join(', ')}${more}`;
}

/** The error about a file without rows. */
export function noRows(file: string, got: string): WarmstartError {
  return new WarmstartError(
    'INVALID_DATA',
    `expected rows in ${file}, got ${got}; check that the program that wrote it has finished`,
  );
}

/** Returns the value at a path such as `properties.price`. A key that has dots itself comes first. */
export function valueAt(value: Cell, path: string): Cell {
  if (!isRecord(value)) return undefined;
  if (Object.hasOwn(value, path)) return value[path];
  for (let dot = path.indexOf('.'); dot >= 0; dot = path.indexOf('.', dot + 1)) {
    const key = path.slice(0, dot);
    if (Object.hasOwn(value, key)) return valueAt(value[key], path.slice(dot + 1));
  }
  return undefined;
}

export function isRecord(value: Cell): value is { readonly [key: string]: Cell } {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Date) &&
    !(value instanceof Uint8Array)
  );
}
