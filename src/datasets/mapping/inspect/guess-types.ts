import type { MappingInput } from '../mapping.ts';
import { ignored, typesOf } from '../mapping-interactions.ts';
import { hasValueRole } from './column-names.ts';
import { type EventMeaning, meaningOf } from './event-meaning.ts';
import type { ColumnSample, TableSample } from './sample-table.ts';

type FileInput = MappingInput['files'][number];
type TypeInput = NonNullable<FileInput['interactions']>['type'];
type DeclaredTypes = NonNullable<MappingInput['interactionTypes']>;

/** What the value of an interaction is. */
export type ValueKind = 'rating' | 'share' | 'percent' | 'played' | 'quantity';

/** The values with which a play is a PLAY. */
const shares: readonly (ValueKind | undefined)[] = ['share', 'percent', 'played'];

/** More values are most likely not types. */
const maxTypes = 50;

/** The types that a guess declares if it needs them. */
const declarations: DeclaredTypes = [
  { name: 'LIKE', weight: 1 },
  { name: 'BOOKMARK', weight: 1 },
  { name: 'SHARE', weight: 1 },
];

/**
 * Guesses the type of the interactions of a file: from a column with events, or else from a rating or from the name of
 * the file. Adds notes that say so.
 */
export function guessType(sample: TableSample, value: ValueKind | undefined, notes: string[]): TypeInput {
  const { file } = sample.table;
  const column = sample.columns.find(isTypeColumn);
  if (column) return guessTypeColumn(file, column, value, notes);
  if (value === 'rating') return 'RATE';
  if (value === 'played') {
    notes.push(
      `${file}: every row is taken as PLAY, since it says how much was played; state "type" if it is another.`,
    );
    return 'PLAY';
  }
  const meaning = meaningOfFile(file);
  if (meaning !== undefined && meaning.type !== ignored && meaning.type !== 'RATE') {
    const { type, note } = typeOf(meaning, value);
    notes.push(`${file}: every row is taken as ${type}, because of the name of the file${note ? `; ${note}` : ''}.`);
    return type;
  }
  const doubt = meaning?.note ? ` In the name of the file, ${meaning.note}.` : '';
  notes.push(
    `${file}: no column says what happened, so every row is taken as VIEW; state "type" if it is another.${doubt}`,
  );
  return 'VIEW';
}

/** Returns the types that entries use and not every platform has. */
export function declaredTypes(files: readonly FileInput[]): DeclaredTypes {
  const used = files.flatMap(({ interactions }) => (interactions ? typesOf(interactions.type) : []));
  return declarations.filter(({ name }) => used.includes(name));
}

/** Whether a column has few values, and the meaning of one is known. */
export function isTypeColumn({ name, distinct }: ColumnSample): boolean {
  return hasValueRole(name, 'event') && distinct.size <= maxTypes && [...distinct].some((text) => meaningOf(text));
}

/** Whether a column with events or the name of the file tells that something was played. */
export function tellsPlays({ table, columns }: TableSample): boolean {
  const events = columns.find(isTypeColumn)?.distinct;
  const found = events ? [...events].map(meaningOf) : [meaningOfFile(table.file)];
  return found.some((meaning) => meaning?.type === 'PLAY');
}

function guessTypeColumn(
  file: string,
  { name, distinct }: ColumnSample,
  value: ValueKind | undefined,
  notes: string[],
): TypeInput {
  const values: Record<string, string> = {};
  for (const text of distinct) {
    const { type, note } = typeOf(meaningOf(text), value);
    values[text] = type;
    const read = type === ignored ? 'ignored' : `read as ${type}`;
    if (note) notes.push(`${file}: "${text}" in "${name}" is ${read}; ${note}.`);
  }
  return { column: name, values };
}

interface Guess {
  readonly type: string;
  /** What to know or do about it. */
  readonly note?: string;
}

function typeOf(meaning: EventMeaning | undefined, value: ValueKind | undefined): Guess {
  if (meaning === undefined) return { type: ignored, note: 'its meaning is not known' };
  const { type, note } = meaning;
  if (note !== undefined) return { type, note };
  if (type === ignored)
    return { type, note: 'if it is a dislike, declare a type with the polarity NEGATIVE in "interactionTypes"' };
  if (type === 'RATE' && value !== 'rating') return { type: ignored, note: 'no column has ratings' };
  if (type === 'PLAY' && !shares.includes(value))
    return { type: 'VIEW', note: 'as PLAY, it would need a "value", the share that was played' };
  if (declarations.some(({ name }) => name === type))
    return { type, note: '"interactionTypes" declares this type, and says how much it counts' };
  return { type };
}

function meaningOfFile(file: string): EventMeaning | undefined {
  return meaningOf(file.replace(/\..*$/, ''));
}
