import type { Batch, OnReject, Origin, ScenarioRecord, Sourced } from '../dataset.ts';
import { type RowFormat, readRows } from '../read-rows.ts';
import { type Film, filmsFile } from './movielens-films.ts';

/** The minimum and maximum number of films of a scenario made from genres and decades. */
const minFilms = 100;
const maxFilms = 1000;

interface Member {
  readonly scenarioId: string;
  readonly itemId: string;
}

export const scenariosFile: RowFormat<Member> = {
  file: 'scenarios.csv',
  syntax: 'csv',
  columns: ['scenarioId', 'movieId'],
  ids: 2,
  unique: true,
  record: (scenarioId, itemId) => ({ scenarioId, itemId }),
};

/** Reads the scenarios of `scenarios.csv`, each with the origin of its first row. */
export async function* describedScenarios(
  directory: string,
  onReject: OnReject,
  file = scenariosFile,
): AsyncGenerator<Batch<ScenarioRecord>> {
  const pools = new Pools();
  for await (const { rows, bytes } of readRows(directory, file, onReject)) {
    for (const row of rows) pools.add(row.record.scenarioId, row.record.itemId, row);
    yield { rows: [], bytes };
  }
  yield { rows: pools.scenarios(), bytes: 0 };
}

/**
 * Makes scenarios from `movies.dat`: every genre, every decade, and every pair of them with 100 to 1,000 films. Counts
 * no bytes and reports no rows, since the stream of items reads the same file.
 */
export async function* madeScenarios(directory: string): AsyncGenerator<Batch<ScenarioRecord>> {
  const pools = new Pools();
  for await (const { rows } of readRows(directory, filmsFile, () => {})) {
    for (const row of rows) {
      for (const id of scenarioIds(row.record)) pools.add(id, row.record.id, row);
    }
    yield { rows: [], bytes: 0 };
  }
  const made = pools.scenarios().filter(({ record: { items } }) => isScenario(items.length));
  yield { rows: made, bytes: 0 };
}

/** Collects films by scenario, in the order of addition. */
class Pools {
  readonly #pools = new Map<string, { items: string[]; origin: Origin }>();

  add(scenarioId: string, itemId: string, origin: Origin): void {
    const pool = this.#pools.get(scenarioId);
    if (pool === undefined) this.#pools.set(scenarioId, { items: [itemId], origin });
    else pool.items.push(itemId);
  }

  scenarios(): Sourced<ScenarioRecord>[] {
    return [...this.#pools].map(
      ([
        id,
        {
          items,
          origin: { file, line, row },
        },
      ]) => ({
        record: { id, title: scenarioTitle(id), items },
        file,
        line,
        row,
      }),
    );
  }
}

/** Returns the IDs of a film's scenarios, in the format of `scenarios.csv`. */
function scenarioIds({ genres, year }: Film): string[] {
  const decades = year === null ? [] : [`decade:${Math.floor(year / 10)}0s`];
  const tags = [...decades, ...(genres ?? []).map((genre) => `genre:${genre}`)].sort();
  const pairs = tags.flatMap((tag, index) => tags.slice(index + 1).map((other) => `${tag} & ${other}`));
  return [...tags, ...pairs];
}

function isScenario(films: number): boolean {
  return films >= minFilms && films <= maxFilms;
}

/**
 * Returns the title for a scenario's ID: `decade:1990s & genre:Comedy` becomes 1990s Comedy, `genre:Action &
 * genre:Crime` becomes Action & Crime, `genre:Drama & rated:UNRATED` becomes Drama, unrated. An ID in another format is
 * its own title.
 */
export function scenarioTitle(id: string): string {
  const tags = id.split(' & ').map(tagOf);
  const decades = named(tags, 'decade');
  const genres = named(tags, 'genre').join(' & ');
  const rated = named(tags, 'rated').map(ratedPhrase);
  if (decades.length + named(tags, 'genre').length + rated.length < tags.length) return id;
  const kind = [...decades, genres].filter(Boolean).join(' ');
  return sentenceCase([kind, ...rated].filter(Boolean).join(', '));
}

interface Tag {
  readonly key: string;
  readonly value: string;
}

function tagOf(text: string): Tag {
  const colon = text.indexOf(':');
  return { key: text.slice(0, Math.max(colon, 0)), value: text.slice(colon + 1).trim() };
}

function named(tags: readonly Tag[], key: string): string[] {
  return tags.filter((tag) => tag.key === key && tag.value !== '').map(({ value }) => value);
}

function ratedPhrase(rated: string): string {
  return rated === 'UNRATED' ? 'unrated' : `rated ${rated}`;
}

function sentenceCase(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
