import type { MappingInput } from '../mapping.ts';
import { hasValueRole } from './column-names.ts';
import { playedPart } from './guess-played.ts';
import { isTypeColumn, tellsPlays, type ValueKind } from './guess-types.ts';
import type { ColumnSample, TableSample } from './sample-table.ts';

type ValueInput = NonNullable<NonNullable<MappingInput['files'][number]['interactions']>['value']>;

/** The column of the values of interactions, and what they are. */
export interface ValueGuess {
  readonly column: ColumnSample;
  readonly kind: ValueKind;
  /** The column of the whole, if the value is a part of it. */
  readonly whole?: ColumnSample;
}

/** What notes call the values. */
const names: Readonly<Record<ValueKind, string>> = {
  rating: 'rating',
  share: 'share that was played',
  percent: 'percentage that was played',
  played: 'share that was played',
  quantity: 'value',
};

const number = /^[+-]?\d+(?:[.,]\d+)?$/;

/** Returns the column with ratings, if there is one. */
export function ratingColumn({ columns }: TableSample): ColumnSample | undefined {
  return columns.find((column) => hasValueRole(column.name, 'rating') && !isTypeColumn(column) && isNumeric(column));
}

/**
 * Returns the column of the value of interactions: a rating; or the share that was played, if there are plays; or a
 * quantity. Adds a note if it is not a rating.
 */
export function guessValue(
  sample: TableSample,
  columns: readonly ColumnSample[],
  notes: string[],
): ValueGuess | undefined {
  const rating = ratingColumn(sample);
  if (rating) return { column: rating, kind: 'rating' };
  const share = tellsPlays(sample) ? shareOf(columns) : undefined;
  const guess = share ?? playedOf(sample, columns) ?? quantityOf(columns);
  if (guess === undefined) return undefined;
  const { column, kind, whole } = guess;
  const name = `"${column.name}"${whole ? ` divided by "${whole.name}"` : ''}`;
  notes.push(`${sample.table.file}: ${name} is taken as the ${names[kind]}.`);
  return guess;
}

/** Returns the value as a mapping has it. */
export function valueInput({ column: { name, texts, markers }, kind, whole }: ValueGuess): ValueInput {
  return {
    column: name,
    ...(texts.some((text) => text.includes(',')) ? { decimal: ',' as const } : {}),
    ...(kind === 'percent' ? { unit: 'percent' as const } : {}),
    ...(whole ? { dividedBy: whole.name } : {}),
    ...(markers.length > 0 ? { missing: ['', ...markers] } : {}),
  };
}

function shareOf(columns: readonly ColumnSample[]): ValueGuess | undefined {
  const column = columns.find((one) => hasValueRole(one.name, 'share') && isNumeric(one) && isWithin(one, 100));
  return column && { column, kind: isWithin(column, 1) ? 'share' : 'percent' };
}

/** Returns how much was played of the whole. Without a column with events, every row is a play if it has this. */
function playedOf(sample: TableSample, columns: readonly ColumnSample[]): ValueGuess | undefined {
  if (!tellsPlays(sample) && sample.columns.some(isTypeColumn)) return undefined;
  const found = playedPart(columns);
  return found && { column: found.part, kind: 'played', whole: found.whole };
}

function quantityOf(columns: readonly ColumnSample[]): ValueGuess | undefined {
  const column = columns.find(
    (one) => hasValueRole(one.name, 'quantity') && isNumeric(one) && isWithin(one, Number.POSITIVE_INFINITY),
  );
  return column && { column, kind: 'quantity' };
}

function isNumeric({ texts }: ColumnSample): boolean {
  return texts.length > 0 && texts.every((text) => number.test(text));
}

function isWithin({ texts }: ColumnSample, maximum: number): boolean {
  return texts.map((text) => Number(text.replace(',', '.'))).every((value) => value >= 0 && value <= maximum);
}
