import { VectorSearch } from '../src/retrieval/vector-search.ts';
import { VectorTable } from '../src/retrieval/vector-table.ts';

export interface MeasuredSearch {
  readonly items: number;
  /** The share of the items that the filter passes. */
  readonly filterShare: number;
  /** The median time of a search. */
  readonly milliseconds: number;
  /** The share of the best items, by products in double precision, that are found. */
  readonly recall: number;
}

const [width, count, repetitions] = [64, 1000, 15];

/** Measures a search for the best 1,000 items by vectors of 64 normal numbers. */
export async function benchRetrieval(sizes: readonly number[] = [100_000, 1_000_000]): Promise<MeasuredSearch[]> {
  const measured: MeasuredSearch[] = [];
  for (const items of sizes) measured.push(...(await measureTable(items)));
  for (const { items, filterShare, milliseconds, recall } of measured) {
    process.stdout.write(
      `1,000 of ${100 * filterShare} % of ${items.toLocaleString('en')} items: ${milliseconds} ms, recall ${recall}\n`,
    );
  }
  return measured;
}

async function measureTable(items: number): Promise<MeasuredSearch[]> {
  const vectors = new Float32Array(items * width).map(quickNormal);
  const table = new VectorTable(width);
  for (let start = 0; start < items; start += 2048) {
    const rows = Int32Array.from({ length: Math.min(2048, items - start) }, (_, row) => start + row);
    table.set(rows, rows, vectors.subarray(start * width, (start + rows.length) * width));
  }
  const search = new VectorSearch();
  const vector = new Float32Array(width).map(quickNormal);
  const measured: MeasuredSearch[] = [];
  for (const filterShare of [1, 0.01]) {
    const allowed = new Uint8Array(items).map(() => (Math.random() < filterShare ? 1 : 0));
    const find = () => search.topK(table, { vector, count, ...(filterShare < 1 && { allowed }) });
    const { rows } = await find();
    measured.push({
      items,
      filterShare,
      milliseconds: await medianTime(find),
      recall: recall(rows, bestOf(vectors, vector, allowed)),
    });
  }
  await search.close();
  return measured;
}

/** The sum of four uniform numbers, which is nearly normal. */
function quickNormal(): number {
  return Math.random() + Math.random() + Math.random() + Math.random() - 2;
}

async function medianTime(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let repetition = 0; repetition < repetitions; repetition++) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  return Number((times[Math.floor(repetitions / 2)] as number).toFixed(2));
}

function bestOf(vectors: Float32Array, vector: Float32Array, allowed: Uint8Array): Int32Array {
  const scores = new Float64Array(allowed.length);
  for (let row = 0; row < scores.length; row++) {
    for (let at = 0; at < width; at++) scores[row]! += vectors[row * width + at]! * vector[at]!;
  }
  const rows = Int32Array.from(allowed.keys()).filter((row) => allowed[row] === 1);
  return rows.sort((a, b) => scores[b]! - scores[a]!).slice(0, count);
}

function recall(found: Int32Array, expected: Int32Array): number {
  const rows = new Set(found);
  return expected.filter((row) => rows.has(row)).length / expected.length;
}
