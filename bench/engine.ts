import type { Engine } from '../src/engine/engine.ts';
import type { TrainingData } from '../src/tasks/training-data.ts';
import { type EngineResults, resultLines } from './support/engine-results.ts';
import {
  againstWasm,
  describeVariant,
  engineVariants,
  measureScoring,
  measureTraining,
  openVariant,
  type Scores,
  type TrainStep,
} from './support/measure-cmml.ts';
import { type Measurement, printTable, statistic } from './support/measurement.ts';
import { movieLensDirectory, movieLensTasks } from './support/movielens-tasks.ts';
import { syntheticTasks } from './support/synthetic-tasks.ts';
import { gruSize, matMulSpeed, timeEpoch, timeGru, timeTable } from './support/workload-timings.ts';

/** Measures CMML and a GRU at the paper's sizes on each engine, prints a table and returns the results. */
export async function benchEngine(): Promise<EngineResults> {
  const real = await movieLensTasks();
  const data = real ?? syntheticTasks();
  const { steps, scores, extra } = await measureEngines(data);
  const compiled = await openVariant(engineVariants[0]);
  const results: EngineResults = {
    trainStep: againstWasm(steps, ({ millisecondsPerStep }) => millisecondsPerStep),
    epoch: await timeEpoch(compiled, data),
    scoring: againstWasm(scores, ({ milliseconds }) => milliseconds),
    gru: { ...gruSize, seconds: (await timeGru(compiled)) / 1000 },
  };
  process.stdout.write(printTable([...resultLines(results), ...extra, ...(await tableLines(compiled))]));
  process.stdout.write(`${statistic} Ratios are of this run.\n${provenance(real !== null)}\n`);
  return results;
}

/** Measures one engine after the other. `extra` is printed but is not part of the results. */
async function measureEngines(
  data: TrainingData,
): Promise<{ steps: TrainStep[]; scores: Scores[]; extra: Measurement[] }> {
  const [steps, scores, extra]: [TrainStep[], Scores[], Measurement[]] = [[], [], []];
  for (const variant of engineVariants) {
    const engine = await openVariant(variant);
    const peak = variant.engine === 'onnx' ? await matMulSpeed(engine) : null;
    if (peak !== null) {
      const how = describeVariant(variant);
      extra.push({ what: 'MatMul 1024 x 1024 x 1024', how, value: peak, unit: 'GFLOP/s' });
    }
    steps.push(...(await measureTraining(engine, variant, data)));
    scores.push(...(await measureScoring(engine, variant, data, peak)));
  }
  return { steps, scores, extra };
}

async function tableLines(engine: Engine): Promise<Measurement[]> {
  const lines: Measurement[] = [];
  for (const rowWise of [false, true]) {
    const what = `Adam on a 10,000 x 32 table, 640 rows gathered, ${rowWise ? 'row-wise' : 'dense'}`;
    lines.push({
      what,
      how: describeVariant(engineVariants[0]),
      value: await timeTable(engine, rowWise),
      unit: 'ms',
    });
  }
  return lines;
}

function provenance(real: boolean): string {
  return real
    ? `The tasks are from MovieLens-1M in ${movieLensDirectory}.`
    : `MovieLens-1M is not in ${movieLensDirectory} (set WARMSTART_MOVIELENS), so the tasks are synthetic.`;
}
