import { sendAtOnce, sendAtRate } from '../serving/load.ts';
import { measureOverload, type Overload } from '../serving/overload.ts';
import { printRow } from '../serving/report.ts';
import { latency, withOutcome } from '../serving/statistics.ts';
import { mixedTraffic } from '../serving/traffic.ts';
import type { Platform } from './platform.ts';
import type { StoredData } from './stored-data.ts';

/** Seconds. */
export interface OverloadSeconds {
  readonly warmUp: number;
  readonly rate: number;
  readonly steady: number;
  readonly overload: number;
  readonly recovery: number;
}

const connections = 8;
/** The share of the highest rate that the traffic has before and after. */
const steadyShare = 0.65;

/** Sends three times as many requests as a server can answer. */
export async function attackByOverload(
  platform: Platform,
  { catalog, key }: StoredData,
  seconds: OverloadSeconds,
): Promise<Overload> {
  const server = await platform.startServer(key);
  try {
    const target = { url: server.url, key };
    const traffic = mixedTraffic(catalog);
    await sendAtOnce(target, traffic, { connections, seconds: seconds.warmUp });
    const highest = await sendAtOnce(target, traffic, { connections, seconds: seconds.rate });
    const saturation = withOutcome(highest.samples, 'answered').length / seconds.rate;
    const perSecond = Math.round(steadyShare * saturation);
    const { samples } = await sendAtRate(target, traffic, { perSecond, seconds: seconds.steady });
    const measured = await measureOverload(target, catalog, {
      saturation,
      steady: { perSecond, p99: latency(samples, 0.99) },
      seconds: seconds.overload,
      recoverySeconds: seconds.recovery,
    });
    printRow({ what: 'requests without an answer', value: measured.resets, unit: '', target: '0' });
    printRow({ what: 'requests that failed otherwise', value: measured.failures, unit: '', target: '0' });
    return measured;
  } finally {
    await server.stop();
  }
}
