import { isInteger, parse } from 'lossless-json';
import { quote } from '../../common/errors.ts';
import { isRecord } from './columns.ts';
import type { Cell } from './table.ts';

/** A line of JSON Lines. */
export type JsonRow = { readonly [key: string]: Cell };

/** A JavaScript number holds every integer of 15 digits. */
const manyDigits = /\d{16}/;

/**
 * Parses JSON. An integer that a JavaScript number cannot hold becomes text with all its digits, so that two IDs stay
 * different. Throws an error if the text is not JSON.
 */
export function parseJson(text: string): Cell {
  return (manyDigits.test(text) ? parse(text, null, options) : JSON.parse(text)) as Cell;
}

/** Returns the object that a line contains, or a text that tells why it has none. */
export function parseJsonRow(line: string): JsonRow | string {
  let value: Cell;
  try {
    value = parseJson(line);
  } catch (error) {
    return `expected a JSON object, got invalid JSON (${(error as Error).message})`;
  }
  if (isRecord(value)) return value;
  return `expected a JSON object, got ${Array.isArray(value) ? 'an array' : quote(value)}`;
}

const options = {
  parseNumber: (text: string) => (isInteger(text) && !Number.isSafeInteger(Number(text)) ? text : Number(text)),
  // As JSON.parse does: the last value counts.
  onDuplicateKey: ({ newValue }: { readonly newValue: unknown }) => newValue,
};
