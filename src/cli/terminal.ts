import { Presets, SingleBar } from 'cli-progress';
import type { TrainingProgress } from '../training/training-request.ts';

/** Writes one line of a command's result to standard output. */
export function print(line = ''): void {
  process.stdout.write(`${line}\n`);
}

/** Lets a command complete if nobody reads its result to the end, as in `models list | head`. */
export function allowClosedOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

/** Formats a number for a reader: 1,234,567. */
export function number(value: number): string {
  return value.toLocaleString('en-US');
}

/** Shows on standard error how much of a long operation is done. */
export interface Progress {
  /** Shows that `done` of the total is done; `note` is a short text that may change. */
  update(done: number, note?: string): void;
  stop(): void;
}

/**
 * Shows a progress bar on a terminal. In a log or a pipe, prints one line for each tenth instead. A total of 0 means that
 * it is not known, as of standard input: then there is no share to show, but only the notes. The bar estimates the time
 * that is left, unless the notes do (`timeInNotes`).
 */
export function startProgress(title: string, total: number, { timeInNotes = false } = {}): Progress {
  if (process.stderr.isTTY) return bar(title, total, timeInNotes);
  return total > 0 ? lines(title, total) : firstNote(title);
}

/** Returns the completed share of a training, from 0 to 1, and a short note about it. */
export function describeProgress(progress: TrainingProgress): [done: number, note: string] {
  if (progress.phase === 'factors') return [0, `factors ${Math.round(100 * progress.fraction)} %`];
  const { epoch, epochs, step, steps, loss } = progress;
  return [step / steps, `epoch ${epoch} of ${epochs}, loss ${loss.toFixed(3)}`];
}

function bar(title: string, total: number, timeInNotes: boolean): Progress {
  const time = timeInNotes ? '' : ' · {eta_formatted} left';
  const singleBar = new SingleBar(
    {
      format: total > 0 ? `${title} {bar} {percentage}%${time} · {note}` : `${title.trim()} · {note}`,
      hideCursor: true,
      etaBuffer: 50,
    },
    Presets.shades_classic,
  );
  singleBar.start(Math.max(total, 1), 0, { note: '' });
  return { update: (done, note = '') => singleBar.update(done, { note }), stop: () => singleBar.stop() };
}

function lines(title: string, total: number): Progress {
  let printedTenths = -1;
  return {
    update(done, note = '') {
      const tenths = Math.min(10, Math.floor((10 * done) / total));
      if (tenths <= printedTenths) return;
      printedTenths = tenths;
      process.stderr.write(`${title} ${tenths * 10}%${note && ` · ${note}`}\n`);
    },
    stop() {},
  };
}

/** Later notes change with every batch, which would fill a log. */
function firstNote(title: string): Progress {
  let printed = false;
  return {
    update(_done, note = '') {
      if (!printed) process.stderr.write(`${title.trim()} · ${note}\n`);
      printed = true;
    },
    stop() {},
  };
}
