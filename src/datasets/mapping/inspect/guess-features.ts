import { maxWidth } from '../../../features/vectors.ts';
import type { Cell } from '../../tables/table.ts';
import type { FeatureColumnInput } from '../mapping-features.ts';
import { cellsOf } from '../parse-texts.ts';
import { hasValueRole, wordsOf } from './column-names.ts';
import { numberFormatOf, thousandsNote } from './guess-number.ts';
import { guessTime, type TimeInput } from './guess-time.ts';
import { type ColumnSample, isNearlyUnique } from './sample-table.ts';

type FeatureColumns = Record<string, FeatureColumnInput>;

const separators: readonly string[] = ['|', ';', ','];
const point = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
/** The length of `2026-11-22`. */
const longestDay = 10;
const yearInTitle = /\((\d{4})\)$/;
const maxCategoryLength = 64;
/** Words of columns that databases keep for themselves. */
const bookkeeping: readonly string[] = ['updated', 'modified', 'changed', 'inserted', 'imported', 'synced'];

/** Guesses the features in these columns. Adds a note about each column that is left out. */
export function guessFeatures(file: string, columns: readonly ColumnSample[], notes: string[]): FeatureColumns {
  const features: FeatureColumns = {};
  for (const column of columns) {
    const feature = guessFeature(file, column, notes);
    if (feature) features[nameOf(column.name)] = feature;
  }
  return features;
}

/** Returns the year as a feature if most titles end with one, such as “Blue Lamp (2019)”. */
export function guessYear({ name, texts }: ColumnSample): FeatureColumns {
  const years = texts.filter((text) => yearInTitle.test(text)).length;
  if (years === 0 || years < texts.length / 2) return {};
  return { year: { column: name, kind: 'numeric', pattern: yearInTitle.source } };
}

function guessFeature(file: string, column: ColumnSample, notes: string[]): FeatureColumnInput | undefined {
  const { name, texts, markers } = column;
  const missing = markers.length > 0 ? { missing: ['', ...markers] } : {};
  const leftOut = (why: string) => {
    notes.push(`${file}: "${name}" is left out, because ${why}.`);
    return undefined;
  };
  if (texts.length === 0) return leftOut('it has no values');
  const time = dateOf(file, column, notes);
  if (time && wordsOf(name).some((word) => bookkeeping.includes(word)))
    return leftOut('it says when the row was changed, not what it is about');
  if (time) return { ...time, kind: 'date', ...missing };
  const vector = vectorOf(column);
  if (vector) return { column: name, kind: 'vector', ...vector, ...missing };
  if (isList(column)) return { column: name, kind: 'multiValued', ...missing };
  const format = numberFormatOf(column);
  if (format) {
    const doubt = thousandsNote(file, column);
    if (doubt) notes.push(doubt);
    return { column: name, kind: 'numeric', ...format, ...missing };
  }
  const separator = separatorOf(column);
  if (separator === ',' && texts.some((text) => /\d,\d/.test(text)))
    notes.push(
      `${file}: "${name}" is read as lists, split at each comma; state "pattern" and "decimal" if it has prices.`,
    );
  if (separator !== undefined) return { column: name, kind: 'multiValued', separator, ...missing };
  if (isNearlyUnique(column)) return leftOut('nearly all of its values are different');
  if (texts.some((text) => text.length > maxCategoryLength)) return leftOut('it has long texts');
  return { column: name, kind: 'categorical', ...missing };
}

/** Returns how the dates of a column are read. Numbers are dates only if the name of the column says so. */
function dateOf(file: string, column: ColumnSample, notes: string[]): TimeInput | undefined {
  const { name, texts, values } = column;
  const areTexts =
    values.some((value) => typeof value === 'string') && texts.some((text) => !/^\d+(?:\.\d*)?$/.test(text));
  const areDates = values.every((value) => value instanceof Date);
  if (!areTexts && !areDates && !hasValueRole(name, 'time')) return undefined;
  const areDays = texts.every((text) => text.length <= longestDay);
  return guessTime(file, column, notes, areDays);
}

/** The lists of so many numbers are vectors if they all have the same length. */
const minWidth = 8;

/** Returns how vectors are read, if all values are lists of equally many numbers. */
function vectorOf({ values }: ColumnSample): { width: number; separator?: string } | undefined {
  for (const separator of [undefined, ' ', ...separators]) {
    const lists = values.map((value) => cellsOf(value, separator));
    const width = lists[0]?.length ?? 0;
    const areVectors = lists.every((list) => list?.length === width && list.every(isNumber));
    if (areVectors && width >= minWidth && width <= maxWidth)
      return separator === undefined ? { width } : { width, separator };
  }
  return undefined;
}

function isNumber(cell: Cell): boolean {
  return typeof cell === 'number' || (typeof cell === 'string' && point.test(cell));
}

function isList({ values, texts }: ColumnSample): boolean {
  return values.every((value, index) => Array.isArray(value) || /^\[.*\]$/.test(texts[index] as string));
}

/** Returns the separator that several of the values have, and between which the same short parts come again. */
function separatorOf({ texts }: ColumnSample): string | undefined {
  return separators.find((separator) => {
    const split = texts.map((text) => text.split(separator).map((part) => part.trim()));
    const parts = split.flat();
    const several = split.filter(({ length }) => length > 1).length;
    const short = parts.every((part) => part.split(' ').length <= 3);
    return several >= texts.length / 10 && short && new Set(parts).size < parts.length;
  });
}

/** Returns a name in camel case, as the API writes names; `id` is reserved. */
function nameOf(column: string): string {
  const [first = column, ...rest] = wordsOf(column);
  const name = [first, ...rest.map((word) => word.charAt(0).toUpperCase() + word.slice(1))].join('').slice(0, 64);
  return name === 'id' ? 'idNumber' : name;
}
