import { setTimeout as delay } from 'node:timers/promises';
import type { Catalog } from './data.ts';
import { secondsToStart, sendAtRate, type Target } from './load.ts';
import { printHeading, printRow } from './report.ts';
import { latency, rounded, type Sample, secondsUntilBelow, shareOf, withOutcome } from './statistics.ts';
import { mixedTraffic } from './traffic.ts';

export interface Overload {
  /** The share of requests refused because of overload. */
  readonly shedShare: number;
  /** Milliseconds; `null` if none was refused. */
  readonly slowestRefusal: number | null;
  readonly p99OfAnswered: number;
  /** Requests without an answer. */
  readonly resets: number;
  /** Requests that failed in another way. */
  readonly failures: number;
  /** See `secondsUntilBelow`; `null` if it did not recover while it was watched. */
  readonly secondsToRecover: number | null;
}

export interface OverloadOptions {
  /** The highest rate of mixed traffic. */
  readonly saturation: number;
  /** At 65 % of it: the rate, and the milliseconds that 99 % of the answers take. */
  readonly steady: { readonly perSecond: number; readonly p99: number };
  readonly seconds: number;
  /** For how long to watch the recovery. */
  readonly recoverySeconds: number;
}

/** The server has recovered when the 99th percentile of a second is at most this many times that of before. */
const recovered = 2;
/** The time that connections need to end, at most. */
const endSeconds = 2;

/** Adds traffic to the steady one until it is three times the highest rate, and then takes it away. */
export async function measureOverload(
  target: Target,
  catalog: Catalog,
  { saturation, steady, seconds, recoverySeconds }: OverloadOptions,
): Promise<Overload> {
  const perSecond = Math.round(3 * saturation);
  printHeading(`Overload, ${perSecond} requests per second for ${seconds} s`);
  const extra = { perSecond: perSecond - steady.perSecond, seconds };
  const addedSeconds = secondsToStart(extra.perSecond) + seconds + endSeconds;
  const whole = { perSecond: steady.perSecond, seconds: addedSeconds + recoverySeconds };
  const lasting = sendAtRate(target, mixedTraffic(catalog), whole);
  await delay(secondsToStart(steady.perSecond) * 1000);
  const added = await sendAtRate(target, mixedTraffic(catalog), extra);
  const since = performance.now();
  const { samples, end } = await lasting;
  const all = [...added.samples, ...samples];
  const lost = { resets: withOutcome(all, 'reset').length, failures: withOutcome(all, 'failed').length };
  const during = [...added.samples, ...samples.filter(({ at }) => at >= added.start && at < added.end)];
  const secondsToRecover = secondsUntilBelow(samples, { limit: recovered * steady.p99, since, until: end });
  return { ...report(during, secondsToRecover, steady.p99), ...lost };
}

function report(
  during: readonly Sample[],
  secondsToRecover: number | null,
  steadyP99: number,
): Omit<Overload, 'resets' | 'failures'> {
  const shedShare = rounded(shareOf(during, 'shed'), 3);
  const slowestRefusal = shedShare > 0 ? rounded(latency(during, 1, 'shed')) : null;
  const p99OfAnswered = rounded(latency(during, 0.99));
  printRow({ what: 'share of refused requests', value: shedShare, unit: '' });
  if (slowestRefusal !== null)
    printRow({ what: 'slowest refusal', value: slowestRefusal, unit: 'ms', target: '50 ms' });
  printRow({
    what: '99 % of the answered within',
    value: p99OfAnswered,
    unit: 'ms',
    beside: `${rounded(p99OfAnswered / steadyP99)} times that at 65 %`,
    target: '3 times',
  });
  printRow({ what: 'recovered after', value: secondsToRecover, unit: 's', target: '10 s' });
  return { shedShare, slowestRefusal, p99OfAnswered, secondsToRecover };
}
