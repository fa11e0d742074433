import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { printHeading, printRow } from '../serving/report.ts';
import { rounded } from '../serving/statistics.ts';
import { type NextBody, requestsFor } from '../serving/traffic.ts';
import type { Platform } from './platform.ts';
import type { StoredData } from './stored-data.ts';

export interface Drain {
  readonly tries: number;
  /** Requests in flight when the server was told to stop. */
  readonly requests: number;
  /** Of these, those whose connection ended without an answer. */
  readonly resets: number;
  /** Servers that ended with another status than 0. */
  readonly badExits: number;
  /** The longest time from SIGTERM to the end of the process. */
  readonly maxSecondsToEnd: number;
}

const inFlight = 300;
/** The server gets SIGTERM this long after the requests were sent, in milliseconds. */
const untilStop = (attempt: number) => (attempt * 13) % 100;

/** Stops a server in the middle of requests, again and again. */
export async function measureDrain(platform: Platform, { catalog, key }: StoredData, tries: number): Promise<Drain> {
  printHeading(`Stops with ${inFlight} requests in flight`);
  const joined = await platform.join();
  const drained: Drained[] = [];
  try {
    const [lists, recordings] = [requestsFor('user', catalog), requestsFor('record', catalog)];
    for (let attempt = 0; attempt < tries; attempt++)
      drained.push(await drainOnce(platform, key, [lists, recordings], untilStop(attempt)));
  } finally {
    await joined.close();
  }
  return report(drained);
}

interface Drained {
  readonly resets: number;
  readonly status: number | null;
  readonly seconds: number;
}

async function drainOnce(
  platform: Platform,
  key: string,
  bodies: readonly NextBody[],
  milliseconds: number,
): Promise<Drained> {
  const server = await platform.startServer(key);
  const agent = new Agent({ keepAlive: true, maxSockets: inFlight });
  const send = (nextBody: NextBody) => isAnswered(server.url, key, agent, nextBody());
  const sendAll = () => Array.from({ length: inFlight }, (_, index) => send(bodies[index % bodies.length] as NextBody));
  try {
    // Opens the connections.
    await Promise.all(sendAll());
    const answers = sendAll();
    await delay(milliseconds);
    const stopped = performance.now();
    const status = await server.end('SIGTERM');
    const seconds = (performance.now() - stopped) / 1000;
    const resets = (await Promise.all(answers)).filter((answered) => !answered).length;
    return { resets, status, seconds };
  } finally {
    agent.destroy();
    await server.stop();
  }
}

/** Returns whether a request gets a whole answer, whatever it is. */
function isAnswered(url: string, key: string, agent: Agent, body: string): Promise<boolean> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
  return new Promise((resolve) => {
    const sent = request(url, { method: 'POST', agent, headers }, (response) => {
      response.once('end', () => resolve(response.complete));
      response.once('error', () => resolve(false));
      response.resume();
    });
    sent.once('error', () => resolve(false));
    sent.end(body);
  });
}

function report(drained: readonly Drained[]): Drain {
  const sum = (count: (each: Drained) => number) => drained.reduce((total, each) => total + count(each), 0);
  const counts: Drain = {
    tries: drained.length,
    requests: inFlight * drained.length,
    resets: sum(({ resets }) => resets),
    badExits: sum(({ status }) => (status === 0 ? 0 : 1)),
    maxSecondsToEnd: rounded(Math.max(...drained.map(({ seconds }) => seconds))),
  };
  printRow({ what: 'requests without an answer', value: counts.resets, unit: `of ${counts.requests}`, target: '0' });
  printRow({
    what: 'exits with another status than 0',
    value: counts.badExits,
    unit: `of ${counts.tries}`,
    target: '0',
  });
  printRow({ what: 'ended after', value: counts.maxSecondsToEnd, unit: 's at most' });
  return counts;
}
