import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../../test/support/eventually.ts';
import type { Ask } from '../../test/support/server-client.ts';
import { sendAtOnce, sendAtRate } from '../serving/load.ts';
import { printHeading, printRow } from '../serving/report.ts';
import { residentMiB } from '../serving/server.ts';
import { rounded, withOutcome } from '../serving/statistics.ts';
import { mixedTraffic } from '../serving/traffic.ts';
import type { Platform } from './platform.ts';
import type { StoredData } from './stored-data.ts';
import { startTraining } from './training.ts';

export interface Soak {
  readonly minutes: number;
  readonly trainings: number;
  readonly promotions: number;
  /** Requests, trainings and promotions that failed. */
  readonly failures: number;
  /** Requests that the server refused because it had too many. */
  readonly refused: number;
  /** Resident memory: after a warm-up, after half of the time, and in the end. */
  readonly rssStartMiB: number;
  readonly rssHalfwayMiB: number;
  readonly rssEndMiB: number;
  readonly workerRssStartMiB: number;
  readonly workerRssHalfwayMiB: number;
  readonly workerRssEndMiB: number;
}

export interface SoakExtent {
  readonly seconds: number;
  readonly trainings: number;
  readonly promotions: number;
}

const perSecond = 50;
const warmUp = { connections: 8, seconds: 5 };
const within = 300_000;

/** Sends mixed traffic for a long time, while models are trained and promoted. */
export async function measureSoak(platform: Platform, { catalog, key }: StoredData, extent: SoakExtent): Promise<Soak> {
  const { seconds, trainings, promotions } = extent;
  printHeading(`${perSecond} requests per second for ${seconds} s, ${trainings} trainings, ${promotions} promotions`);
  const joined = await platform.join();
  const server = await platform.startServer(key);
  const worker = await platform.startWorker(joined);
  try {
    const { url } = server;
    const ask = patient(server.ask);
    const traffic = mixedTraffic(catalog);
    await sendAtOnce({ url, key }, traffic, warmUp);
    const warm = (await isTrained(ask, await startTraining(ask, 1000))) ? 0 : 1;
    const workerRss = () => residentMiB(worker.child.pid as number);
    const start = { rssStartMiB: server.rss(), workerRssStartMiB: workerRss() };
    const [{ samples }, halfway, ...failed] = await Promise.all([
      sendAtRate({ url, key }, traffic, { perSecond, seconds }),
      delay(seconds * 500).then(() => ({ rssHalfwayMiB: server.rss(), workerRssHalfwayMiB: workerRss() })),
      failuresOf(trainings, seconds, async (training) => isTrained(ask, await startTraining(ask, 2000 + training))),
      failuresOf(promotions, seconds, (promotion) => promotes(ask, promotion)),
    ]);
    const end = { rssEndMiB: server.rss(), workerRssEndMiB: workerRss() };
    const refused = withOutcome(samples, 'shed').length;
    const unanswered = samples.length - withOutcome(samples, 'answered').length - refused;
    const failures = failed.reduce((sum, count) => sum + count, warm + unanswered);
    const acted = { minutes: rounded(seconds / 60), trainings, promotions };
    return report({ ...acted, failures, refused, ...start, ...halfway, ...end });
  } finally {
    worker.child.kill('SIGTERM');
    await worker.ended;
    await server.stop();
    await joined.close();
  }
}

/** Sends an operation again, as clients do, as long as the server refuses it because it has too many requests. */
function patient(ask: Ask): Ask {
  return (query, variables) =>
    eventually(
      async () => {
        const answer = await ask(query, variables);
        return answer.status === 503 ? undefined : answer;
      },
      { within, every: 1000 },
    );
}

/** Does something so many times, evenly over the time. Prints what failed, and returns how often. */
async function failuresOf(times: number, seconds: number, act: (time: number) => Promise<boolean>): Promise<number> {
  const acting = Array.from({ length: times }, async (_, time) => {
    await delay((time * seconds * 1000) / times);
    return act(time).catch((error: unknown) => {
      process.stdout.write(`${error}\n`);
      return false;
    });
  });
  return (await Promise.all(acting)).filter((succeeded) => !succeeded).length;
}

/** Waits until a training run has ended, and returns whether it succeeded. */
async function isTrained(ask: Ask, id: string): Promise<boolean> {
  const query = 'query ($id: ID!) { trainingRun(id: $id) { status } }';
  const statusOf = async () => (await ask(query, { id })).data?.trainingRun?.status as string | undefined;
  const ended = async () => {
    const status = await statusOf();
    return status === 'QUEUED' || status === 'RUNNING' ? undefined : status;
  };
  return (await eventually(ended, { within, every: 500 })) === 'SUCCEEDED';
}

/** Promotes one of the latest versions, another one each time if there are several. */
async function promotes(ask: Ask, promotion: number): Promise<boolean> {
  const { data } = await ask('{ modelVersions(first: 3, taskKind: USER) { edges { node { id } } } }');
  const { edges } = data.modelVersions as { edges: { node: { id: string } }[] };
  const modelVersion = edges[promotion % edges.length]?.node.id;
  const mutation = `mutation ($modelVersion: ID!) {
    promoteModel(input: { modelVersion: $modelVersion }) { modelVersion { active } }
  }`;
  const answer = await ask(mutation, { modelVersion });
  if (answer.data?.promoteModel?.modelVersion?.active === true) return true;
  throw new Error(`a promotion failed: ${JSON.stringify(answer)}`);
}

function report(soak: Soak): Soak {
  const { failures, refused, rssStartMiB, rssHalfwayMiB, rssEndMiB } = soak;
  const { workerRssStartMiB, workerRssHalfwayMiB, workerRssEndMiB } = soak;
  printRow({ what: 'failed requests, trainings and promotions', value: failures, unit: '', target: '0' });
  printRow({ what: 'refused requests', value: refused, unit: '' });
  const memory = (what: string, value: number, start: number, halfway: number) =>
    printRow({ what, value, unit: 'MiB', beside: `${start} MiB at the start, ${halfway} MiB after half of the time` });
  memory('memory of the server at the end', rssEndMiB, rssStartMiB, rssHalfwayMiB);
  memory('memory of the worker at the end', workerRssEndMiB, workerRssStartMiB, workerRssHalfwayMiB);
  return soak;
}
