import type { MappingInput } from '../mapping.ts';
import { hasValueRole } from './column-names.ts';
import { isTypeColumn, tellsPlays, type ValueKind } from './guess-types.ts';
import type { ColumnSample, TableSample } from './sample-table.ts';

type ValueInput = NonNullable<NonNullable<MappingInput['files'][number]['interactions']>['value']>;

/** The column of the values of interactions, and what they are. */
export interface ValueGuess {
  readonly column: ColumnSample;
  readonly kind: ValueKind;
}

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
  const guess = (tellsPlays(sample) ? shareOf(columns) : undefined) ?? quantityOf(columns);
  if (guess === undefined) return undefined;
  const what = { rating: '', share: 'share that was played', percent: 'percentage that was played', quantity: 'value' };
  notes.push(`${sample.table.file}: "${guess.column.name}" is taken as the ${what[guess.kind]}.`);
  return guess;
}

/** Returns the value as a mapping has it. */
export function valueInput({ column: { name, texts, markers }, kind }: ValueGuess): ValueInput {
  return {
    column: name,
    ...(texts.some((text) => text.includes(',')) ? { decimal: ',' as const } : {}),
    ...(kind === 'percent' ? { unit: 'percent' as const } : {}),
    ...(markers.length > 0 ? { missing: ['', ...markers] } : {}),
  };
}

function shareOf(columns: readonly ColumnSample[]): ValueGuess | undefined {
  const column = columns.find((one) => hasValueRole(one.name, 'share') && isNumeric(one) && isWithin(one, 100));
  return column && { column, kind: isWithin(column, 1) ? 'share' : 'percent' };
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
