import type { FeatureField } from '../../features/feature-schema.ts';
import type { RowFormat } from '../read-rows.ts';

/** A film of `movies.dat`. `year` is null if the title does not end with a year. */
export interface Film {
  readonly id: string;
  readonly title: string;
  readonly genres: readonly string[] | null;
  readonly year: number | null;
}

/** The item features that are available from `movies.dat` alone. */
export const filmFields: readonly FeatureField[] = [
  { entity: 'item', name: 'genres', kind: 'multiValued' },
  { entity: 'item', name: 'year', kind: 'numeric' },
];

export const filmsFile: RowFormat<Film> = {
  file: 'movies.dat',
  syntax: 'dat',
  columns: ['movieId', 'title', 'genres'],
  ids: 1,
  unique: true,
  record: (id, title, genres) => {
    if (title.trim() === '') return 'expected a title, got none';
    return { id, title: readableTitle(title), genres: listOf(genres), year: yearOf(title) };
  },
};

/** Returns the distinct values of a `|`-separated list, or null if there are none. OMDb writes N/A for that. */
export function listOf(cell: string): readonly string[] | null {
  const values = cell.split('|').map((value) => value.trim());
  const known = new Set(values.filter((value) => value !== '' && value !== 'N/A'));
  return known.size > 0 ? [...known] : null;
}

/**
 * Returns a MovieLens title in its usual form: `Amber Lantern, The (1995)` becomes The Amber Lantern (1995).
 *
 * Articles of other names in brackets move too.
 */
export function readableTitle(title: string): string {
  return title.trim().split(bracket).map(articleFirst).join('');
}

const bracket = /([()])/;

/** The articles that MovieLens moves to the end of a title. */
const articles = new Set(
  "The A An La Le Les L' Las Los El Il I Lo Gli O Os As Un Une Una Der Die Das Den Det De Ein Eine En".split(' '),
);

/** Keeps the spaces around the name, which separate it from a bracket. */
function articleFirst(part: string): string {
  const name = part.trim();
  const comma = name.lastIndexOf(', ');
  const article = name.slice(comma + 2);
  if (comma < 0 || !articles.has(article)) return part;
  const moved = `${article}${article.endsWith("'") ? '' : ' '}${name.slice(0, comma)}`;
  return part.replace(name, () => moved);
}

function yearOf(title: string): number | null {
  const year = /\((\d{4})\)$/.exec(title.trimEnd())?.[1];
  return year === undefined ? null : Number(year);
}
