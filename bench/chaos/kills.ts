import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../../test/support/eventually.ts';
import { InteractionLedger } from '../../test/support/interaction-ledger.ts';
import type { Ask } from '../../test/support/server-client.ts';
import { printHeading, printRow } from '../serving/report.ts';
import { isReady } from '../serving/server.ts';
import { rounded } from '../serving/statistics.ts';
import { type KilledWorkers, killWorkers } from './kill-workers.ts';
import type { AttackedServer, ConnectedDatabase, Platform } from './platform.ts';
import type { StoredData } from './stored-data.ts';

/** Interactions by their idempotency keys. */
export interface LedgerCounts {
  readonly acknowledged: number;
  /** Acknowledged, and not stored. */
  readonly lost: number;
  /** Stored more than once. */
  readonly doubled: number;
}

export interface Killed {
  readonly count: number;
  /** The longest time from a kill until `/readyz` answered 200 again. */
  readonly maxSecondsToReady: number;
}

export interface Kills {
  readonly ledger: LedgerCounts;
  readonly kills: { readonly server: Killed; readonly postgres: Killed; readonly worker: KilledWorkers };
}

export interface KillOptions {
  readonly server: number;
  readonly postgres: number;
  readonly worker: number;
}

const clients = 4;
/** A kill comes this long after the recording has gone on, in milliseconds. It differs, so that it meets different work. */
const untilKill = (kill: number) => 100 + ((kill * 137) % 700);
/** A platform that needs longer to come back counts as lost, in milliseconds. */
const within = 60_000;

/** Kills servers, PostgreSQL and workers, while clients record interactions all the time. */
export async function measureKills(
  platform: Platform,
  { catalog, key }: StoredData,
  counts: KillOptions,
): Promise<Kills> {
  printHeading(`Kills, while ${clients} clients record interactions`);
  let server = await platform.startServer(key);
  // Joining PostgreSQL would help the server to start it again.
  const database = await platform.connect();
  const ledger = new InteractionLedger(catalog);
  const stop = new AbortController();
  const ask: Ask = (query, variables) => server.ask(query, variables);
  const recording = ledger.recordAtOnce(clients, ask, stop.signal);
  const attack = { platform, key, ledger, count: counts.server };
  try {
    const killedServers = await killServers(attack, server, (started) => {
      server = started;
    });
    const killedPostgres = await killPostgres({ ...attack, count: counts.postgres }, server);
    const killedWorkers = await killWorkers(platform, server, database, counts.worker);
    stop.abort();
    await recording;
    const counted = await countLedger(ledger, ask, database);
    return { ledger: counted, kills: { server: killedServers, postgres: killedPostgres, worker: killedWorkers } };
  } finally {
    stop.abort();
    await recording.catch(() => {});
    await database.close();
    await server.stop();
  }
}

interface Attack {
  readonly platform: Platform;
  readonly key: string;
  readonly ledger: InteractionLedger;
  readonly count: number;
}

/** Kills a server and starts another one at once, as a supervisor does. */
async function killServers(
  { platform, key, ledger, count }: Attack,
  first: AttackedServer,
  onStarted: (server: AttackedServer) => void,
): Promise<Killed> {
  let server = first;
  let slowest = 0;
  for (let kill = 0; kill < count; kill++) {
    await whileRecording(ledger, kill);
    const killed = performance.now();
    await server.end('SIGKILL');
    server = await platform.startServer(key);
    slowest = Math.max(slowest, performance.now() - killed);
    onStarted(server);
  }
  return report('a server', count, slowest);
}

/** Kills PostgreSQL, which the server starts again. */
async function killPostgres({ platform, ledger, count }: Attack, { url }: AttackedServer): Promise<Killed> {
  let slowest = 0;
  for (let kill = 0; kill < count; kill++) {
    await whileRecording(ledger, kill);
    const pid = await platform.pidOfPostgres();
    const killed = performance.now();
    process.kill(pid, 'SIGKILL');
    const isBack = async () => (await platform.pidOfPostgres().catch(() => pid)) !== pid && (await isReady(url));
    await eventually(isBack, { within });
    slowest = Math.max(slowest, performance.now() - killed);
  }
  return report('PostgreSQL', count, slowest);
}

/** Resolves some time after another interaction was acknowledged. */
async function whileRecording({ acknowledged }: InteractionLedger, kill: number): Promise<void> {
  const before = acknowledged.size;
  await eventually(async () => acknowledged.size > before, { within });
  await delay(untilKill(kill));
}

function report(what: string, count: number, slowest: number): Killed {
  const maxSecondsToReady = rounded(slowest / 1000);
  printRow({ what: `${count} kills of ${what}: ready again after`, value: maxSecondsToReady, unit: 's at most' });
  return { count, maxSecondsToReady };
}

async function countLedger(ledger: InteractionLedger, ask: Ask, { pool }: ConnectedDatabase): Promise<LedgerCounts> {
  await eventually(() => ledger.retry(ask), { within });
  const { lost, doubled } = await ledger.faults(pool);
  const counts = { acknowledged: ledger.acknowledged.size, lost: lost.length, doubled: doubled.length };
  printRow({
    what: 'interactions acknowledged',
    value: counts.acknowledged,
    unit: '',
    beside: `${ledger.retried} retries`,
  });
  printRow({ what: 'lost of them', value: counts.lost, unit: '', target: '0' });
  printRow({ what: 'stored more than once', value: counts.doubled, unit: '', target: '0' });
  return counts;
}
