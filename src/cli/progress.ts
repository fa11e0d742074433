import { Presets, SingleBar } from 'cli-progress';

/** Shows how far a long piece of work has come, on standard error. */
export interface Progress {
  /** `done` of `total`; `note` is a few words that may change. */
  update(done: number, note?: string): void;
  stop(): void;
}

/** A bar on a terminal; elsewhere (a log, a pipe) a line for every tenth of the way. */
export function startProgress(title: string, total: number): Progress {
  return process.stderr.isTTY ? bar(title, total) : lines(title, total);
}

function bar(title: string, total: number): Progress {
  const shown = new SingleBar(
    {
      format: `${title} {bar} {percentage}% · {eta_formatted} left · {note}`,
      hideCursor: true,
      etaBuffer: 50,
    },
    Presets.shades_classic,
  );
  shown.start(Math.max(total, 1), 0, { note: '' });
  return { update: (done, note = '') => shown.update(done, { note }), stop: () => shown.stop() };
}

function lines(title: string, total: number): Progress {
  let shownTenths = -1;
  return {
    update(done, note = '') {
      const tenths = Math.floor((10 * done) / Math.max(total, 1));
      if (tenths <= shownTenths) return;
      shownTenths = tenths;
      process.stderr.write(`${title} ${tenths * 10}%${note && ` · ${note}`}\n`);
    },
    stop() {},
  };
}
