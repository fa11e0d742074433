import type { ColumnSample } from './sample-table.ts';

interface Scale {
  readonly minimum: number;
  readonly maximum: number;
}

/** Common scales. The first one that all ratings fit counts. */
const scales: readonly Scale[] = [
  { minimum: 0, maximum: 1 },
  { minimum: 1, maximum: 5 },
  { minimum: 0.5, maximum: 5 },
  { minimum: 0, maximum: 5 },
  { minimum: 1, maximum: 10 },
  { minimum: 0, maximum: 10 },
  { minimum: 0, maximum: 100 },
];

/** Guesses the scale of the ratings in these columns. Adds a note that says so. */
export function guessScale(columns: readonly ColumnSample[], notes: string[]): Scale | undefined {
  const ratings = columns.flatMap(({ texts }) => texts.map((text) => Number(text.replace(',', '.'))));
  if (ratings.length === 0) return undefined;
  const lowest = ratings.reduce((least, rating) => Math.min(least, rating));
  const highest = ratings.reduce((most, rating) => Math.max(most, rating));
  const found = { minimum: lowest, maximum: Math.max(highest, lowest + 1) };
  const scale = scales.find(({ minimum, maximum }) => lowest >= minimum && highest <= maximum) ?? found;
  notes.push(
    `The ratings found are from ${lowest} to ${highest}, so the scale is taken as ${scale.minimum} to ${scale.maximum}; ` +
      'state "ratingScale" if it is another.',
  );
  return scale;
}
