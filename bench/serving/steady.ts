import type { Catalog } from './data.ts';
import { sendAtRate, type Target } from './load.ts';
import { printHeading, printRow } from './report.ts';
import type { MeasuredServer } from './server.ts';
import { latency, rounded, withOutcome } from './statistics.ts';
import { mixedTraffic } from './traffic.ts';

/** Latencies in milliseconds. Requests that were refused have failed too. */
export interface Steady {
  readonly at65: { readonly p50: number; readonly p99: number; readonly p999: number; readonly failures: number };
  readonly rss: { readonly startMiB: number; readonly endMiB: number };
}

/** Measures mixed traffic at a rate, and the server's memory before and after. */
export async function measureSteady(
  server: MeasuredServer,
  target: Target,
  catalog: Catalog,
  { perSecond, seconds }: { readonly perSecond: number; readonly seconds: number },
): Promise<Steady> {
  printHeading(`Mixed traffic at 65 % of its highest rate, ${perSecond} requests per second for ${seconds} s`);
  const startMiB = server.rss();
  const { samples } = await sendAtRate(target, mixedTraffic(catalog), { perSecond, seconds });
  const endMiB = server.rss();
  const at65 = {
    p50: rounded(latency(samples, 0.5)),
    p99: rounded(latency(samples, 0.99)),
    p999: rounded(latency(samples, 0.999)),
    failures: samples.length - withOutcome(samples, 'answered').length,
  };
  printRow({ what: 'median', value: at65.p50, unit: 'ms', target: '10 ms' });
  printRow({ what: '99 % within', value: at65.p99, unit: 'ms', target: '40 ms' });
  printRow({ what: '99.9 % within', value: at65.p999, unit: 'ms' });
  printRow({ what: 'failures', value: at65.failures, unit: `of ${samples.length}`, target: '0' });
  printRow({ what: 'memory at the end', value: endMiB, unit: 'MiB', beside: `${startMiB} MiB at the start` });
  return { at65, rss: { startMiB, endMiB } };
}
