import type { InteractionRecord } from '../dataset.ts';
import type { Cell } from '../tables/table.ts';
import type { ColumnReads, Read } from './column-reads.ts';
import { type InteractionColumns, ignored, type TypeColumn } from './mapping-interactions.ts';
import { optionalNumberParser } from './parse-features.ts';
import { expectedNumber, type NumberRange } from './parse-numbers.ts';
import { idParser, optionalIdParser, type Parse } from './parse-texts.ts';
import { timeParser } from './parse-times.ts';
import { Problem } from './problem.ts';
import { shareRead, valueRead } from './read-values.ts';

export interface Scales {
  /** The scale of the ratings in the files. */
  readonly given: NumberRange;
  /** The scale of the ratings of the platform. */
  readonly platform: NumberRange;
}

/** Returns the function that reads an interaction from a row, or `undefined` if its type is ignored. */
export function interactionRead(
  columns: ColumnReads,
  section: InteractionColumns,
  scales: Scales,
): Read<InteractionRecord | undefined> {
  const readType = typeRead(columns, section.type);
  const readUser = columns.read(section.user, idParser(section.user));
  const readItem = columns.read(section.item, idParser(section.item));
  const readScenario = scenarioIdRead(columns, section.scenario);
  const readRating = ratingRead(columns, section.value, scales);
  const readValue = valueRead(columns, section.value);
  const readShare = shareRead(columns, section.value);
  const readTime: Read<number | null> = section.time
    ? columns.read(section.time.column, timeParser(section.time))
    : () => null;
  return (cells) => {
    const type = readType(cells);
    if (typeof type !== 'string') return type;
    const userId = readUser(cells);
    if (typeof userId !== 'string') return userId;
    const itemId = readItem(cells);
    if (typeof itemId !== 'string') return itemId;
    const scenarioId = readScenario(cells);
    if (scenarioId instanceof Problem) return scenarioId;
    const value = type === 'RATE' ? readRating(cells) : type === 'PLAY' ? readShare(cells) : readValue(cells);
    if (value instanceof Problem) return value;
    const time = readTime(cells);
    if (time instanceof Problem) return time;
    const date = time === null ? null : new Date(time);
    if (scenarioId === undefined) return { userId, itemId, value, time: date, type };
    return { userId, itemId, value, time: date, type, scenarioId };
  };
}

function typeRead(columns: ColumnReads, type: InteractionColumns['type']): Read<string | undefined> {
  return typeof type === 'string' ? () => type : columns.read(type.column, typeParser(type));
}

/** Returns the parser of types, which gives `undefined` for a type that is ignored. */
function typeParser({ column, values }: TypeColumn): Parse<string | undefined> {
  const types = new Map(
    Object.entries(values).map(([text, type]) => [text, type === ignored ? undefined : type] as const),
  );
  const named = [...types.keys()].join(', ');
  return (cell) => {
    const name = typeof cell === 'string' ? cell : nameOf(cell);
    const type = types.get(name);
    if (type !== undefined || types.has(name)) return type;
    return new Problem(column, `one of ${named}`, cell, 'add the value to "values" of the mapping');
  };
}

function nameOf(cell: Cell): string {
  return cell === null || cell === undefined || typeof cell === 'object' ? '' : String(cell);
}

function scenarioIdRead(columns: ColumnReads, scenario: string | undefined): Read<string | undefined> {
  return scenario === undefined ? () => undefined : columns.read(scenario, optionalIdParser(scenario));
}

/** Returns the function that reads a rating, and converts it linearly to the platform's scale. */
function ratingRead(
  columns: ColumnReads,
  section: InteractionColumns['value'],
  { given, platform }: Scales,
): Read<number | null> {
  if (section === undefined) return () => null;
  const { column } = section;
  const expected = expectedNumber('a rating', given);
  const read = columns.read(column, optionalNumberParser(section, 'a rating', given));
  const factor = (platform.maximum - platform.minimum) / (given.maximum - given.minimum);
  const same = given.minimum === platform.minimum && given.maximum === platform.maximum;
  return (cells) => {
    const rating = read(cells);
    if (rating === null) return new Problem(column, expected, null);
    if (same || rating instanceof Problem) return rating;
    // A rounding error must not leave the scale.
    return Math.min(platform.minimum + (rating - given.minimum) * factor, platform.maximum);
  };
}
