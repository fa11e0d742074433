import { spawnSync } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '../../test/support/eventually.ts';
import { InteractionLedger } from '../../test/support/interaction-ledger.ts';
import type { Ask } from '../../test/support/server-client.ts';
import { printHeading, printRow } from '../serving/report.ts';
import { rounded } from '../serving/statistics.ts';
import type { OnEnd } from '../support/clean-up.ts';
import { countingAsk } from './counting-ask.ts';
import { type ConnectedDatabase, Platform } from './platform.ts';
import { storeData } from './stored-data.ts';

export interface DiskFull {
  /** Refused writes while the disk was full, by their code. `NO_ANSWER`: the connection was lost. */
  readonly refused: Readonly<Record<string, number>>;
  readonly readsAnswered: number;
  readonly readsFailed: number;
  /** Interactions that were acknowledged, before or after, and are not stored. */
  readonly lost: number;
  /** Whether interactions were recorded again when there was space. */
  readonly wroteAgain: boolean;
  /** From the moment when there was space again until an interaction was recorded; `null` if none was. */
  readonly secondsToWrite: number | null;
}

const mebibytes = 320;
const clients = 8;
const fullSeconds = 5;
const within = 60_000;

/** Lets a disk run full below PostgreSQL, and gives it space again. The disk is a small one in memory. */
export async function measureDiskFull(folder: string, onEnd: OnEnd): Promise<DiskFull | { skipped: string }> {
  printHeading('A full disk');
  const disk = join(folder, 'disk');
  await mkdir(disk);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', disk], { encoding: 'utf8' });
  if (mounted.status !== 0) return skip(mounted.stderr?.trim() || String(mounted.error));
  onEnd(async () => spawnSync('umount', [disk]));
  const platform = new Platform(join(disk, 'data'), onEnd);
  const { catalog, key } = await storeData(platform);
  const server = await platform.startServer(key);
  const database = await platform.connect();
  try {
    return report(await fillDisk({ disk, ask: server.ask, database, ledger: new InteractionLedger(catalog) }));
  } finally {
    await database.close();
    await server.stop();
  }
}

interface Attack {
  readonly disk: string;
  readonly ask: Ask;
  readonly database: ConnectedDatabase;
  readonly ledger: InteractionLedger;
}

async function fillDisk({ disk, ask, database, ledger }: Attack): Promise<DiskFull> {
  const writes = countingAsk(ask);
  const reads = countingAsk(ask);
  const stop = new AbortController();
  const ballast = join(disk, 'ballast');
  // PostgreSQL still has some space in the files that it has. It is soon used up.
  spawnSync('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=64k'], { stdio: 'ignore' });
  const recording = ledger.recordAtOnce(clients, writes.ask, stop.signal);
  await eventually(async () => Object.keys(writes.refused).length > 0, { within });
  const ended = performance.now() + fullSeconds * 1000;
  while (performance.now() < ended) await reads.ask(read).catch(() => {});
  const refused = { ...writes.refused };
  await rm(ballast);
  const freed = performance.now();
  const acknowledged = ledger.acknowledged.size;
  const wroteAgain = await eventually(async () => ledger.acknowledged.size > acknowledged, { within }).catch(
    () => false,
  );
  const secondsToWrite = wroteAgain ? rounded((performance.now() - freed) / 1000) : null;
  stop.abort();
  await recording;
  const { lost } = await ledger.faults(database.pool);
  const readsFailed = Object.values(reads.refused).reduce((sum, count) => sum + count, 0);
  return { refused, readsAnswered: reads.answered(), readsFailed, lost: lost.length, wroteAgain, secondsToWrite };
}

const read = `{
  recommendations(for: { visitor: {} }, first: 10) { edges { node { title } } }
  users(first: 10) { edges { node { externalId interactions(first: 5) { edges { node { type } } } } } }
}`;

function skip(skipped: string): { skipped: string } {
  process.stdout.write(`skipped, because no disk can be mounted: ${skipped}\n`);
  return { skipped };
}

function report(measured: DiskFull): DiskFull {
  const { refused, readsAnswered, readsFailed, lost, secondsToWrite } = measured;
  for (const [code, value] of Object.entries(refused))
    printRow({ what: `writes refused with ${code}`, value, unit: '' });
  printRow({ what: 'reads that failed', value: readsFailed, unit: `of ${readsAnswered + readsFailed}`, target: '0' });
  printRow({ what: 'acknowledged interactions lost', value: lost, unit: '', target: '0' });
  printRow({ what: 'with space, written again after', value: secondsToWrite, unit: 's' });
  return measured;
}
