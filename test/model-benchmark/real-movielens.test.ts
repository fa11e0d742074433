import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { openEngine } from '../../src/engine/engines.ts';
import type { BenchmarkRequest } from '../../src/model-benchmark/benchmark-request.ts';
import { measureModel } from '../../src/model-benchmark/measure-model.ts';
import { readBenchmarkData } from '../../src/model-benchmark/open-experiment.ts';

const folder = process.env.WARMSTART_MOVIELENS ?? resolve('../shared/data/ml-1m');
const found = existsSync(join(folder, 'ratings.csv'));
const slow = process.env.WARMSTART_SLOW_TESTS ? test : test.skip;
const fifteenMinutes = 900_000;

(found ? describe : describe.skip)(
  found ? `on the MovieLens folder at ${folder}` : `on MovieLens, which is not at ${folder} (set WARMSTART_MOVIELENS)`,
  () => {
    slow(
      'FiLM predicts the ratings of new users about as well as the paper says, and better than what does not adapt',
      async () => {
        const request: BenchmarkRequest = { taskKind: 'USER', data: folder, seeds: 1, splitSeed: 1 };
        const data = await readBenchmarkData(request);
        expect(data.rejected).toEqual([]);
        const engine = await openEngine('auto');
        const means = async (model: string) => {
          const { metrics } = await measureModel(request, model, data, engine, () => {});
          return { mae: metrics.mae?.mean ?? Infinity, ndcg3: metrics.ndcg3?.mean ?? 0 };
        };
        const film = await means('film');
        expect(film.mae).toBeLessThanOrEqual(0.745);
        expect(film.ndcg3).toBeGreaterThanOrEqual(0.755);
        const dcn = await means('dcn');
        expect(film.mae).toBeLessThan(dcn.mae);
        expect(film.ndcg3).toBeGreaterThan(dcn.ndcg3);
        expect(film.ndcg3).toBeGreaterThan((await means('itempop')).ndcg3);
      },
      fifteenMinutes,
    );
  },
);
