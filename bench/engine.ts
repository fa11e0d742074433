import type { Engine } from '../src/engine/engine.ts';
import type { TrainingData } from '../src/tasks/training-data.ts';
import { type EngineResults, resultLines } from './support/engine-results.ts';
import { describeVariant, engineVariants, openVariant } from './support/engine-variants.ts';
import {
  againstWasm,
  measureScoring,
  measureTraining,
  type Scores,
  type TrainStep,
} from './support/measure-cmml.ts';
import { type Measurement, printTable, statistic } from './support/measurement.ts';
import { movieLensDirectory, movieLensTasks } from './support/movielens-tasks.ts';
import { syntheticTasks } from './support/synthetic-tasks.ts';
import { timeEpoch } from './support/time-epoch.ts';
import { gruSize, timeGru } from './support/time-gru.ts';
import { matMulSpeed } from './support/time-matmul.ts';
import { timeTable } from './support/time-table.ts';

/** Prints a table of what each engine takes for CMML and a GRU at the paper's sizes, and gives the results. */
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

/** Engine by engine. `extra` is printed, but no part of the results. */
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
    ? `Tasks are those of MovieLens-1M in ${movieLensDirectory}.`
    : `No MovieLens-1M in ${movieLensDirectory} (see WARMSTART_MOVIELENS): tasks, and the epoch, are synthetic.`;
}
