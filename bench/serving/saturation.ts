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

/**
 * Measures the highest rates of a server and of a bare Apollo Server, and the time of a list alone. The server must
 * have answered requests for some seconds.
 */
export async function measureSaturation(
  target: Target,
  catalog: Catalog,
  { warmUp, seconds }: { readonly warmUp: number; readonly seconds: number },
): Promise<Saturation> {
  printHeading(`Requests per second with ${connections} connections`);
  const rate = async (of: Target, nextBody: NextBody, during = seconds) =>
    answeredPerSecond(await sendAtOnce(of, nextBody, { connections, seconds: during }));
  const typenames = requestsFor('typename', catalog);
  const bare = await startBareApollo();
  try {
    await rate(bare, typenames, warmUp);
    const before = await rate(bare, typenames);
    const typename = await rate(target, typenames);
    // Other work on the machine disturbs single measurements.
    const bareApollo = Math.max(before, await rate(bare, typenames));
    printRow({ what: 'bare Apollo, __typename', value: bareApollo, unit: '/s' });
    const row = (operation: Operation | 'mixed', value: number) => printRate(operation, value, bareApollo);
    row('typename', typename);
    const recommendations = await rate(target, requestsFor('user', catalog));
    row('user', recommendations);
    for (const operation of alsoMeasured) row(operation, await rate(target, requestsFor(operation, catalog)));
    const mixed = await rate(target, mixedTraffic(catalog));
    row('mixed', mixed);
    await printListAlone(target, catalog, seconds);
    return saturationOf(bareApollo, { typename, recommendations, mixed });
  } finally {
    await bare.stop();
  }
}

const targets: { readonly [Of in Operation | 'mixed']?: string } = { typename: '0.7', user: '0.25' };

function printRate(operation: Operation | 'mixed', value: number, bareApollo: number): void {
  const what = operation === 'mixed' ? 'mixed traffic' : operationNames[operation];
  const target = targets[operation];
  const beside = `${rounded(value / bareApollo)} of bare Apollo`;
  printRow({ what, value, unit: '/s', beside, ...(target !== undefined && { target }) });
}

function saturationOf(bareApollo: number, { typename, recommendations, mixed }: Saturation['ratio']): Saturation {
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

async function printListAlone(target: Target, catalog: Catalog, seconds: number): Promise<void> {
  const { samples } = await sendAtOnce(target, requestsFor('user', catalog), { connections: 1, seconds });
  printRow({ what: 'a list alone, median', value: latency(samples, 0.5), unit: 'ms', target: '6 ms' });
}
