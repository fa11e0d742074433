import type { MappingInput } from '../mapping.ts';
import { hasValueRole, plainWordsOf } from './column-names.ts';
import { type Meaning, meanings } from './event-words.ts';
import type { ColumnSample, TableSample } from './sample-table.ts';

type InteractionInput = NonNullable<MappingInput['files'][number]['interactions']>;
export type TypeInput = InteractionInput['type'];

/** More values are most likely not types. */
const maxTypes = 50;

/**
 * Guesses the type of the interactions of a file: from a column with events, or else from a rating or from the name of
 * the file. Adds notes that say so.
 */
export function guessType(sample: TableSample, rating: ColumnSample | undefined, notes: string[]): TypeInput {
  const { file } = sample.table;
  const column = sample.columns.find(isTypeColumn);
  if (column) return guessTypeColumn(file, column, rating !== undefined, notes);
  if (rating) return 'RATE';
  const meaning = meaningOf(file.replace(/\..*$/, ''));
  if (meaning !== undefined && meaning.type !== 'IGNORE' && meaning.type !== 'RATE') {
    notes.push(`${file}: every row is taken as ${meaning.type}, because of the name of the file.`);
    return meaning.type;
  }
  notes.push(`${file}: no column says what happened, so every row is taken as VIEW; state "type" if it is another.`);
  return 'VIEW';
}

/** Whether a column has few values, and the meaning of one is known. */
export function isTypeColumn({ name, distinct }: ColumnSample): boolean {
  return hasValueRole(name, 'event') && distinct.size <= maxTypes && [...distinct].some((text) => meaningOf(text));
}

function guessTypeColumn(file: string, { name, distinct }: ColumnSample, rated: boolean, notes: string[]): TypeInput {
  const values: Record<string, Meaning['type']> = {};
  for (const text of distinct) {
    const meaning = meaningOf(text);
    const withoutRating = meaning?.type === 'RATE' && !rated;
    values[text] = meaning === undefined || withoutRating ? 'IGNORE' : meaning.type;
    if (meaning === undefined)
      notes.push(`${file}: the meaning of "${text}" in "${name}" is not known, so it is ignored.`);
    if (withoutRating) notes.push(`${file}: "${text}" in "${name}" is ignored, because no column has ratings.`);
    if (meaning?.nearest)
      notes.push(
        `${file}: "${text}" in "${name}" is read as CLICK, because ${meaning.nearest}; declare one in "interactionTypes".`,
      );
  }
  return { column: name, values };
}

function meaningOf(text: string): Meaning | undefined {
  const words = plainWordsOf(text);
  const joined = words.join('');
  return meanings.find((meaning) => meaning.words.some((word) => words.includes(word) || joined === word));
}
