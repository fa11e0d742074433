import { setImmediate } from 'node:timers/promises';

/** Work that pauses after each piece of at most a few milliseconds, and returns a result. */
export type Pieces<T> = Generator<undefined, T>;

/** How long pieces run in one turn of the event loop. */
const turnMilliseconds = 5;

/** Does all pieces at once. */
export function atOnce<T>(pieces: Pieces<T>): T {
  for (;;) {
    const { done, value } = pieces.next();
    if (done) return value;
  }
}

/** Does the pieces in turns of the event loop of 5 ms and the rest of a piece. Between two, it handles other requests. */
export async function inTurns<T>(pieces: Pieces<T>): Promise<T> {
  for (;;) {
    const end = performance.now() + turnMilliseconds;
    do {
      const { done, value } = pieces.next();
      if (done) return value;
    } while (performance.now() < end);
    await setImmediate();
  }
}

/** Maps values like `map`, each in a piece. */
export function* mapInPieces<T, Result>(
  values: readonly T[],
  map: (value: T, place: number) => Result,
): Pieces<Result[]> {
  const results: Result[] = [];
  for (const [place, value] of values.entries()) {
    results.push(map(value, place));
    yield;
  }
  return results;
}

/** How many values are sorted or merged in a piece. */
const sortedPerPiece = 500;

/** Sorts values like `toSorted`. */
export function* sortInPieces<T>(values: readonly T[], compare: (a: T, b: T) => number): Pieces<T[]> {
  let runs: T[][] = [];
  for (let start = 0; start < values.length; start += sortedPerPiece) {
    runs.push(values.slice(start, start + sortedPerPiece).sort(compare));
    yield;
  }
  while (runs.length > 1) {
    const longer: T[][] = [];
    for (let run = 0; run < runs.length; run += 2) longer.push(yield* merged(runs[run]!, runs[run + 1] ?? [], compare));
    runs = longer;
  }
  return runs[0] ?? [];
}

/** Equal values stay in their order. */
function* merged<T>(a: readonly T[], b: readonly T[], compare: (a: T, b: T) => number): Pieces<T[]> {
  const result: T[] = [];
  let [atA, atB] = [0, 0];
  while (atA < a.length && atB < b.length) {
    result.push(compare(a[atA]!, b[atB]!) <= 0 ? a[atA++]! : b[atB++]!);
    if (result.length % sortedPerPiece === 0) yield;
  }
  return result.concat(a.slice(atA), b.slice(atB));
}
