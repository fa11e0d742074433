import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { WarmstartError } from '../common/errors.ts';
import { readConfig } from '../config.ts';
import { partsNamed } from '../paper/parts.ts';
import { type PaperListeners, reproducePaper } from '../paper/reproduce-paper.ts';
import type { UnitProgress } from '../paper/run-units.ts';
import { onInterruption } from '../processes/process-lifetime.ts';
import { positiveInteger, several } from './arguments.ts';
import { startEngine } from './start-engine.ts';
import { describeProgress, number, type Progress, print, startProgress } from './terminal.ts';
import { warnOfRejectedRows } from './warn-of-rejected-rows.ts';

interface PaperOptions {
  readonly data: readonly string[];
  readonly seeds?: number;
  readonly quick: boolean;
  readonly only?: readonly string[];
  readonly out?: string;
  readonly work?: string;
  readonly fresh: boolean;
}

const defaultSeeds = 5;
/** With `--quick`, enough to see that every model trains. */
const quickEpochs = 1;

export function paperCommand(): Command {
  return new Command('paper')
    .description('reproduce the tables and figures of the CMML paper, and continue where the last run ended')
    .requiredOption(
      '--data <path>',
      'a MovieLens folder or a folder of the Cloud Theme Click Dataset of Taobao; give the option twice to measure both, and one model of both',
      several,
    )
    .option('--seeds <n>', 'how many times to train each model (default: 5, with --quick 1)', positiveInteger)
    .option('--quick', 'only check that everything works: one seed, and one epoch for each model', false)
    .option('--only <names>', 'only these tables and figures, separated by commas, such as table-3,figure-4', names)
    .option('--out <file>', 'the page to write (default: docs/results.md, with --quick quick.md in the --work folder)')
    .option('--work <path>', 'the folder that keeps finished measurements (default: paper in WARMSTART_DATA_DIR)')
    .option('--fresh', 'forget the finished measurements', false)
    .action(runReproduction);
}

async function runReproduction({ data, quick, only, fresh, ...options }: PaperOptions): Promise<void> {
  const config = readConfig(process.env);
  const work = options.work ?? join(config.dataDirectory, 'paper');
  const request = {
    ...{ data, fresh, parts: partsNamed(only) },
    seeds: options.seeds ?? (quick ? 1 : defaultSeeds),
    ...(quick && { epochs: quickEpochs }),
    out: options.out ?? (quick ? join(work, 'quick.md') : join('docs', 'results.md')),
    work: join(work, 'units.jsonl'),
    engine: { choice: config.engine, provider: config.engineProvider, threads: config.engineThreads },
    openEngine: () => startEngine(config),
  };
  const abort = new AbortController();
  const unregister = onInterruption(() => abort.abort());
  const { listeners, stop } = showProgress();
  try {
    const { files, failed } = await reproducePaper(request, listeners, abort.signal);
    stop();
    for (const file of files) print(file);
    if (failed.length > 0)
      throw new WarmstartError(
        'INVALID_DATA',
        `${failed.length} measurements failed: ${failed.join(', ')}; ${files[0]} has the reasons`,
      );
  } finally {
    stop();
    unregister();
  }
}

function showProgress(): { readonly listeners: PaperListeners; readonly stop: () => void } {
  let progress: Progress | undefined;
  const listeners: PaperListeners = {
    onPlan({ rejected, units, finished }) {
      warnOfRejectedRows(rejected);
      process.stderr.write(`models to train: ${number(units)}, of which ${number(finished)} are finished\n`);
      progress = startProgress('paper', units, { timeInNotes: true });
      progress.update(finished);
    },
    onProgress(report) {
      const [share, note] = report.training ? describeProgress(report.training) : [0, 'starting'];
      progress?.update(report.finished + share, `${timeLeft(report)}${report.unit.title}, ${note}`);
    },
  };
  return { listeners, stop: () => progress?.stop() };
}

function timeLeft({ secondsLeft }: UnitProgress): string {
  if (secondsLeft === undefined) return '';
  const minutes = Math.ceil(secondsLeft / 60);
  return minutes < 90 ? `about ${minutes} min left · ` : `about ${Math.round(minutes / 60)} h left · `;
}

function names(text: string): string[] {
  const given = text.split(',').map((name) => name.trim());
  if (given.includes('')) throw new InvalidArgumentError('expected names separated by commas');
  return given;
}
