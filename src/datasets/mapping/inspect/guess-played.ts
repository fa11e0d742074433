import { plainWordsOf } from './column-names.ts';
import { lengthWords, playedWords, unitWords } from './column-words.ts';
import type { ColumnSample } from './sample-table.ts';

/** How much was played, such as `ms_played`, and of how much, such as `duration_ms`. */
export interface PlayedPart {
  readonly part: ColumnSample;
  readonly whole: ColumnSample;
}

/** Most parts are at most this share of the whole: a player can count a little more than the whole. */
const mostOfWhole = 1.05;
/** In a log of another unit, no part would come near the whole. */
const clearShare = 0.5;
/** How many of the rows must fit. Some are damaged, and some songs are repeated. */
const fittingRows = 0.9;

/** Returns the columns of what was played and of the whole, if their names and their values say so. */
export function playedPart(columns: readonly ColumnSample[]): PlayedPart | undefined {
  const numeric = columns.filter(
    ({ texts }) => texts.length > 0 && texts.every((text) => /^\d+(?:\.\d+)?$/.test(text)),
  );
  const parts = numeric.filter(namesPart);
  const wholes = numeric.filter((column) => !parts.includes(column) && has(column, lengthWords));
  return parts
    .flatMap((part) => wholes.map((whole) => ({ part, whole })))
    .find(({ part, whole }) => haveOneUnit(part, whole) && isPartOf(part, whole));
}

/** A count of plays is no time, so the name must have a unit or another word for a time. */
function namesPart(column: ColumnSample): boolean {
  const isTime = has(column, ['time', ...lengthWords, ...Object.values(unitWords).flat()]);
  const isCompound = has(column, ['playtime', 'watchtime', 'wiedergabedauer', 'hordauer', 'hoerdauer']);
  return has(column, playedWords) && (isTime || isCompound);
}

function has({ name }: ColumnSample, words: readonly string[]): boolean {
  return plainWordsOf(name).some((word) => words.includes(word));
}

function haveOneUnit(one: ColumnSample, other: ColumnSample): boolean {
  const units = Object.values(unitWords).filter((words) => has(one, words) || has(other, words));
  return units.length <= 1;
}

function isPartOf(part: ColumnSample, whole: ColumnSample): boolean {
  const shares = part.byRow.flatMap((text, row) => {
    const total = Number(whole.byRow[row] ?? 0);
    return text === undefined || !(total > 0) ? [] : [Number(text) / total];
  });
  const fitting = shares.filter((share) => share <= mostOfWhole);
  return fitting.length >= fittingRows * shares.length && fitting.some((share) => share >= clearShare);
}
