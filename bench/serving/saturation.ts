import { startBareApollo } from '../support/bare-apollo.ts';
import type { Catalog } from './data.ts';
import { answeredPerSecond, sendAtOnce, type Target } from './load.ts';
import { printHeading, printRow } from './report.ts';
import { latency, rounded } from './statistics.ts';
import { mixedTraffic, type NextBody, type Operation, operationNames, requestsFor } from './traffic.ts';

/** Requests per second with 8 connections. */
export interface Saturation {
  readonly bareApollo: number;
  readonly typename: number;
  /** Lists of ten for stored users. */
  readonly recommendations: number;
  readonly mixed: number;
  /** Relative to `bareApollo`. */
  readonly ratio: { readonly typename: number; readonly recommendations: number; readonly mixed: number };
}

const connections = 8;

/** Operations whose rate is printed only. */
const alsoMeasured: readonly Operation[] = ['visitor', 'record', 'popular', 'item', 'items'];

/** Measures the highest rates of a server and of a bare Apollo Server, and the time of a list alone. */
export async function measureSaturation(target: Target, catalog: Catalog, seconds: number): Promise<Saturation> {
  printHeading(`Requests per second with ${connections} connections`);
  const bareApollo = await rateOfBareApollo(catalog, seconds);
  printRow({ what: 'bare Apollo, __typename', value: bareApollo, unit: '/s' });
  const measure = async (what: string, nextBody: NextBody, goal?: string) => {
    const load = await sendAtOnce(target, nextBody, { connections, seconds });
    const value = answeredPerSecond(load);
    const beside = `${rounded(value / bareApollo)} of bare Apollo`;
    printRow({ what, value, unit: '/s', beside, ...(goal !== undefined && { target: goal }) });
    return value;
  };
  const typename = await measure(operationNames.typename, requestsFor('typename', catalog), '0.7');
  const recommendations = await measure(operationNames.user, requestsFor('user', catalog), '0.25');
  for (const operation of alsoMeasured) await measure(operationNames[operation], requestsFor(operation, catalog));
  const mixed = await measure('mixed traffic', mixedTraffic(catalog));
  await printListAlone(target, catalog, seconds);
  return {
    bareApollo: rounded(bareApollo),
    typename: rounded(typename),
    recommendations: rounded(recommendations),
    mixed: rounded(mixed),
    ratio: {
      typename: rounded(typename / bareApollo, 3),
      recommendations: rounded(recommendations / bareApollo, 3),
      mixed: rounded(mixed / bareApollo, 3),
    },
  };
}

async function rateOfBareApollo(catalog: Catalog, seconds: number): Promise<number> {
  const bare = await startBareApollo();
  try {
    return answeredPerSecond(await sendAtOnce(bare, requestsFor('typename', catalog), { connections, seconds }));
  } finally {
    await bare.stop();
  }
}

async function printListAlone(target: Target, catalog: Catalog, seconds: number): Promise<void> {
  const { samples } = await sendAtOnce(target, requestsFor('user', catalog), { connections: 1, seconds });
  printRow({ what: 'a list alone, median', value: latency(samples, 0.5), unit: 'ms', target: '6 ms' });
}
