import { setTimeout as delay } from 'node:timers/promises';
import autocannon from 'autocannon';
import { outcomeOfAnswer } from './outcome-of-answer.ts';
import { type Sample, withOutcome } from './statistics.ts';
import type { NextBody } from './traffic.ts';

/** Where requests go, with an API key unless the server needs none. */
export interface Target {
  readonly url: string;
  readonly key?: string;
}

/** The answers that came between `start` and `end`, in milliseconds on the clock of `performance.now`. */
export interface Load {
  readonly samples: readonly Sample[];
  readonly start: number;
  readonly end: number;
}

/** The start of the connections is not measured. */
const warmUpSeconds = 1;

/** Sends requests over some connections, each as soon as the one before is answered. */
export async function sendAtOnce(
  target: Target,
  nextBody: NextBody,
  { connections, seconds }: { readonly connections: number; readonly seconds: number },
): Promise<Load> {
  const begun = performance.now();
  const samples = await fire(target, nextBody, { connections, duration: warmUpSeconds + seconds });
  return measured(samples, begun + warmUpSeconds * 1000, seconds);
}

/** How often autocannon looks whether its time is over, in milliseconds. */
const sampleInt = 100;

/** A rate is split into this many groups of connections at most. One group costs the client some milliseconds. */
const maxGroups = 100;
/** Node accepts one connection in each turn of its event loop, and an overloaded server has long turns. */
const connectionsPerSecond = 100;

/** Returns how long it takes to open the connections for a rate of requests per second. */
export function secondsToStart(perSecond: number): number {
  return Math.ceil(perSecond / connectionsPerSecond) + warmUpSeconds;
}

/**
 * Sends requests at a rate, whatever the answers: one a second over each connection. The groups of connections begin
 * one after another, so that requests are sent evenly over each second, and not all in the same second. An answer that
 * takes longer than a second delays the next request of its connection alone.
 */
export async function sendAtRate(
  target: Target,
  nextBody: NextBody,
  { perSecond, seconds }: { readonly perSecond: number; readonly seconds: number },
): Promise<Load> {
  const begun = performance.now();
  const starting = secondsToStart(perSecond);
  const groups = Math.min(maxGroups, perSecond);
  const send = async (group: number) => {
    const second = group % (starting - warmUpSeconds);
    await delay(second * 1000 + (group * 1000) / groups);
    const connections = Math.floor(((group + 1) * perSecond) / groups) - Math.floor((group * perSecond) / groups);
    // autocannon's own figures are not used, so it need not correct them.
    const paced = { overallRate: connections, ignoreCoordinatedOmission: true };
    return fire(target, nextBody, { connections, ...paced, duration: starting - second + seconds });
  };
  const loads = await Promise.all(Array.from({ length: groups }, (_, group) => send(group)));
  return measured(loads.flat(), begun + starting * 1000, seconds);
}

/** Returns the number of requests answered per second. Throws if a request failed or was refused. */
export function answeredPerSecond({ samples, start, end }: Load): number {
  const answered = withOutcome(samples, 'answered').length;
  if (answered < samples.length)
    throw new Error(`expected only answers, got ${samples.length - answered} other outcomes of ${samples.length}`);
  return (answered * 1000) / (end - start);
}

function measured(samples: readonly Sample[], start: number, seconds: number): Load {
  const end = start + seconds * 1000;
  return { samples: samples.filter(({ at }) => at >= start && at < end), start, end };
}

/** Runs autocannon once. */
function fire({ url, key }: Target, nextBody: NextBody, options: Partial<autocannon.Options>): Promise<Sample[]> {
  const samples: Sample[] = [];
  let outcome: Sample['outcome'] = 'failed';
  const request: autocannon.Request = {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key !== undefined && { authorization: `Bearer ${key}` }) },
    setupRequest: (request) => ({ ...request, body: nextBody() }),
    // It is called right before the event `response` of the same answer.
    onResponse(status, body) {
      outcome = outcomeOfAnswer(status, body);
    },
  };
  return new Promise((resolve, reject) => {
    const all: autocannon.Options = { url, ...options, sampleInt, requests: [request] };
    const instance = autocannon(all, (error) => (error ? reject(error) : resolve(samples)));
    instance.on('response', (_client, _status, _bytes, milliseconds) => {
      samples.push({ at: performance.now(), milliseconds, outcome });
    });
    instance.on('reqError', () => samples.push({ at: performance.now(), milliseconds: 0, outcome: 'reset' }));
  });
}
