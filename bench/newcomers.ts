import { openMovieLens } from '../src/datasets/mapping/open-movielens.ts';
import { openEngine } from '../src/engine/engines.ts';
import { typeIndex } from '../src/features/interaction-types.ts';
import { type DatasetTables, RejectedRowsByFile, readTables } from '../src/model-benchmark/dataset-tables.ts';
import { userTasks } from '../src/model-benchmark/user-tasks.ts';
import { type Embeddings, type Recommender, selectEmbeddings } from '../src/models/recommender.ts';
import { loadRecommender } from '../src/models/recommenders.ts';
import { exactProduct } from '../src/retrieval/exact-product.ts';
import { directionsOf } from '../src/serving/directions.ts';
import { encodeKnown } from '../src/tasks/encode-known.ts';
import { countPositives } from '../src/tasks/positives.ts';
import { randomSource, shuffle } from '../src/tasks/random.ts';
import type { TrainingData } from '../src/tasks/training-data.ts';
import { recipeFor } from '../src/training/recipe-for.ts';
import { train } from '../src/training/train.ts';
import { movieLensDirectory } from './support/movielens-tasks.ts';

/** Five films of one kind, by MovieLens ID, and the genres of the kind. */
const newcomers = {
  'science fiction': { films: ['260', '1196', '1240', '541', '2571'], genres: ['Sci-Fi', 'Action'] },
  Disney: { films: ['364', '595', '588', '2081', '594'], genres: ["Children's", 'Animation', 'Family', 'Musical'] },
  horror: { films: ['1997', '1219', '1258', '1347', '1982'], genres: ['Horror', 'Thriller'] },
} as const;
const casablanca = '912';
const listLength = 20;
/** Rare films are those with at most as many likes as this share of the liked films. */
const rareShare = 0.5;
const rareHistories = { people: 30, films: 10 } as const;

/**
 * Trains the default user model on all of MovieLens-1M and shows the lists of new users without features: of what kind
 * their first 20 films are after five films of one kind, rated 5, and how many are rare after ten rare films.
 */
export async function benchNewcomers(): Promise<object> {
  const tables = await readTables(await openMovieLens(movieLensDirectory), new RejectedRowsByFile().counter());
  const data = trainingData(tables);
  const started = performance.now();
  const engine = await openEngine('onnx');
  const { artifact } = await train({ recipe: recipeFor('USER', {}), data, engine });
  const seconds = Math.round((performance.now() - started) / 1000);
  const model = await loadRecommender(artifact, engine);
  const items = await model.embedItems(data.items);
  const rowOf = new Map(tables.items.map(({ id }, row) => [id, row]));
  const rows = (ids: readonly string[]) => ids.map((id) => rowOf.get(id) as number);
  const ofKind: Record<string, number> = {};
  for (const [kind, { films, genres }] of Object.entries(newcomers)) {
    const list = await listAfter(model, items, rows(films));
    ofKind[kind] = list.filter((row) =>
      genresOf(tables, row).some((genre) => genres.some((own) => own === genre)),
    ).length;
  }
  const similar = await similarTo(model, items, rowOf.get(casablanca) as number);
  const result = {
    trainingSeconds: seconds,
    ofKind,
    rare: await rareFilms(model, items, countPositives(data.tasks, tables.items.length, 4)),
    similarToCasablanca: similar.map((row) => tables.items[row]?.id),
  };
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  return result;
}

function trainingData(tables: DatasetTables): TrainingData {
  return {
    taskKind: 'USER',
    ...encodeKnown(tables, { known: tables.interactions, ids: ['item'] }),
    tasks: userTasks(tables.interactions, { feedback: 'typed' }),
  };
}

function genresOf({ items }: DatasetTables, row: number): readonly string[] {
  return (items[row]?.features.genres ?? []) as readonly string[];
}

/** Returns the first films of the list of a new user without features who gave 5 to these films. */
async function listAfter(model: Recommender, items: Embeddings, films: readonly number[]): Promise<number[]> {
  const { width } = await model.embedUsers({
    rows: 0,
    slots: 0,
    indices: new Int32Array(),
    weights: new Float32Array(),
  });
  const user = { rows: 1, width, data: new Float32Array(width) };
  const adaptation = await model.adapt({
    users: user,
    items: selectEmbeddings(items, films),
    labels: new Float32Array(films.length).fill(5),
    types: new Uint8Array(films.length).fill(typeIndex('RATE')),
  });
  const scores = await model.score(adaptation, user, items);
  return first(
    [...scores.keys()].filter((row) => !films.includes(row)),
    (row) => scores[row] as number,
    listLength,
  );
}

/** Returns how many of the first films are rare for people whose films are all rare, on average. */
async function rareFilms(model: Recommender, items: Embeddings, likes: Int32Array): Promise<object> {
  const liked = [...likes.keys()].filter((row) => (likes[row] as number) > 0);
  const atMost =
    likes[first(liked, (row) => -(likes[row] as number), Math.ceil(rareShare * liked.length)).at(-1) as number];
  const isRare = (row: number) => (likes[row] as number) <= (atMost as number);
  const rare = Int32Array.from(liked.filter(isRare));
  const random = randomSource(1);
  const counts: number[] = [];
  for (let person = 0; person < rareHistories.people; person++) {
    shuffle(rare, random);
    const list = await listAfter(model, items, [...rare.subarray(0, rareHistories.films)]);
    counts.push(list.filter(isRare).length);
  }
  return {
    likesAtMost: atMost,
    meanOfFirst20: counts.reduce((sum, count) => sum + count, 0) / counts.length,
    peopleWithoutAny: counts.filter((count) => count === 0).length,
    people: counts.length,
  };
}

/** Returns the ten films whose vectors have the smallest angles with that of a film. */
async function similarTo(model: Recommender, items: Embeddings, film: number): Promise<number[]> {
  const { rows, width, data } = directionsOf(model, items);
  const own = new Float64Array(data.subarray(film * width, (film + 1) * width));
  const cosines = Float32Array.from({ length: rows }, (_, row) => exactProduct(own, data, row * width));
  const others = [...cosines.keys()].filter((row) => row !== film && !Number.isNaN(cosines[row]));
  return first(others, (row) => cosines[row] as number, 10);
}

/** Returns the rows with the largest values, the largest first. */
function first(rows: readonly number[], score: (row: number) => number, count: number): number[] {
  return rows.toSorted((a, b) => score(b) - score(a)).slice(0, count);
}
