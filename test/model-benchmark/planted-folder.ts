import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { type Random, randomSource } from '../../src/tasks/random.ts';

/** The files of a MovieLens folder, by name. */
export type Folder = Readonly<Record<string, string>>;

export interface PlantedRating {
  readonly user: number;
  readonly film: number;
  readonly value: number;
}

const users = 60;
const films = 40;

/** Sixty users rate twenty of forty films each. A user rates films of one genre higher than the others. */
export function plantedRatings(seed = 1): PlantedRating[] {
  const random = randomSource(seed);
  return range(users).flatMap((user) =>
    draw(20, random).map((film) => ({ user, film, value: likes(user, film) ? 5 : 2 })),
  );
}

/** Ten scenarios of sixteen films. Neighboring scenarios share twelve. */
export const plantedScenarios: Readonly<Record<string, readonly number[]>> = Object.fromEntries(
  range(10).map((scenario) => [`genre:Kind ${scenario}`, range(16).map((film) => (4 * scenario + film) % films)]),
);

/** A folder with these ratings and scenarios, and with all users and films. */
export function plantedFolder(
  ratings: readonly PlantedRating[] = plantedRatings(),
  scenarios: typeof plantedScenarios = plantedScenarios,
): Folder {
  return {
    'users.dat': lines(range(users).map((user) => `u${user}::F::25::${user % 4}::1000${user % 3}`)),
    'movies.dat': lines(range(films).map((film) => `f${film}::Film ${film} (1999)::${genre(film)}`)),
    'movies-metadata.csv': lines([
      'movieId,title,year,rated,genres,directors,actors',
      ...range(films).map((film) => `f${film},Film ${film},1999,PG,${genre(film)},Ada Corvo,Cy Tarn`),
    ]),
    'ratings.csv': ratingsFile(ratings),
    'scenarios.csv': scenariosFile(scenarios),
  };
}

export function ratingsFile(ratings: readonly PlantedRating[]): string {
  return lines(['userId,movieId,rating', ...ratings.map(({ user, film, value }) => `u${user},f${film},${value}`)]);
}

export function scenariosFile(scenarios: typeof plantedScenarios): string {
  const members = Object.entries(scenarios).flatMap(([id, films]) => films.map((film) => `"${id}",f${film}`));
  return lines(['scenarioId,movieId', ...members]);
}

function likes(user: number, film: number): boolean {
  return user % 2 === film % 2;
}

function genre(film: number): string {
  return film % 2 === 0 ? 'Drama' : 'Comedy';
}

function draw(count: number, random: Random): number[] {
  const drawn = new Set<number>();
  while (drawn.size < count) drawn.add(uniformInt(random, 0, films - 1));
  return [...drawn];
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

function lines(rows: readonly string[]): string {
  return `${rows.join('\n')}\n`;
}
