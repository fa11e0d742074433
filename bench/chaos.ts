import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Damage, damages } from './chaos/damage.ts';
import { measureDamaged } from './chaos/damaged.ts';
import { measureDiskFull } from './chaos/disk-full.ts';
import { measureDrain } from './chaos/drain.ts';
import { measureFuzz } from './chaos/fuzz.ts';
import { brokenPromises } from './chaos/judge.ts';
import { measureKills } from './chaos/kills.ts';
import { attackByOverload } from './chaos/overload.ts';
import { Platform } from './chaos/platform.ts';
import type { Results } from './chaos/results.ts';
import { measureSoak, type SoakExtent } from './chaos/soak.ts';
import { type StoredData, storeData, trainForAll } from './chaos/stored-data.ts';
import { printHeading } from './serving/report.ts';
import { InterruptedError, type OnEnd, withCleanUp } from './support/clean-up.ts';

/** How much each phase attacks. Times are in seconds. */
interface Extent {
  readonly kills: Parameters<typeof measureKills>[2];
  readonly damages: readonly Damage['kind'][];
  readonly overload: Parameters<typeof attackByOverload>[2];
  readonly drains: number;
  readonly operations: number;
  readonly soak: SoakExtent;
}

const extents: Record<'full' | 'quick', Extent> = {
  full: {
    kills: { server: 20, postgres: 20, worker: 50 },
    damages: damages.map(({ kind }) => kind),
    overload: { warmUp: 10, rate: 5, steady: 15, overload: 15, recovery: 20 },
    ...{ drains: 20, operations: 10_000, soak: { seconds: 1800, trainings: 50, promotions: 200 } },
  },
  quick: {
    kills: { server: 2, postgres: 2, worker: 3 },
    damages: ['truncated', 'flipped bit', 'NaN', 'zeros'],
    overload: { warmUp: 2, rate: 2, steady: 3, overload: 3, recovery: 4 },
    ...{ drains: 2, operations: 1000, soak: { seconds: 8, trainings: 1, promotions: 4 } },
  },
};

interface Attack {
  readonly platform: Platform;
  readonly data: StoredData;
  readonly extent: Extent;
  /** A folder that is removed in the end. */
  readonly folder: string;
  readonly onEnd: OnEnd;
}

/** One row for each phase, in their order. Arbitrary operations come last, because they change any data. */
const phases = {
  kills: ({ platform, data, extent }) => measureKills(platform, data, extent.kills),
  overload: async ({ platform, data, extent }) => ({
    overload: await attackByOverload(platform, data, extent.overload),
  }),
  drain: async ({ platform, data, extent }) => ({ drain: await measureDrain(platform, data, extent.drains) }),
  damaged: async ({ platform, data, extent }) => ({ damaged: await measureDamaged(platform, data, extent.damages) }),
  diskFull: async ({ folder, onEnd }) => ({ diskFull: await measureDiskFull(folder, onEnd) }),
  soak: async ({ platform, data, extent }) => ({ soak: await measureSoak(platform, data, extent.soak) }),
  fuzz: async ({ platform, data, extent }) => ({ fuzz: await measureFuzz(platform, data, extent.operations) }),
} satisfies Record<string, (attack: Attack) => Promise<Partial<Results>>>;
type Phase = keyof typeof phases;

/** The names of the phases. */
export const chaosPhases = Object.keys(phases) as Phase[];

/**
 * Attacks a running platform and counts what it loses. docs/reliability.md describes it. The process ends with status 1
 * if a promise is broken.
 */
export async function benchChaos({ quick = false, only = chaosPhases.join() } = {}): Promise<object> {
  const chosen = parsePhases(only);
  const extent = quick ? extents.quick : extents.full;
  process.stdout.write(`${cpus().length} cores, Node ${process.version}, ${new Date().toISOString()}\n`);
  const results = await withCleanUp(async (onEnd) => {
    const folder = await mkdtemp(join(tmpdir(), 'warmstart-chaos-'));
    onEnd(() => rm(folder, { recursive: true, force: true }));
    const platform = new Platform(join(folder, 'data'), onEnd);
    printHeading('Storing data and training a model');
    const data = await storeData(platform);
    await trainForAll(platform);
    return attackAll({ platform, data, extent, folder, onEnd }, chosen);
  });
  judge(results);
  return results;
}

/** A phase that cannot go on does not keep the others from being measured. */
async function attackAll(attack: Attack, chosen: readonly Phase[]): Promise<ChaosResults> {
  const results: Partial<Results>[] = [];
  const stopped: string[] = [];
  for (const phase of chosen) {
    try {
      results.push(await phases[phase](attack));
    } catch (error) {
      if (error instanceof InterruptedError) throw error;
      const reason = `the phase ${phase} could not go on: ${error instanceof Error ? error.stack : String(error)}`;
      process.stdout.write(`${reason}\n`);
      stopped.push(reason);
    }
  }
  return Object.assign({}, ...results, stopped.length > 0 && { stopped });
}

type ChaosResults = Partial<Results> & {
  /** Why phases could not go on. */
  readonly stopped?: readonly string[];
};

function judge({ stopped = [], ...results }: ChaosResults): void {
  const broken = [...brokenPromises(results), ...stopped];
  printHeading(broken.length === 0 ? 'All promises are kept' : `Broken promises:\n  ${broken.join('\n  ')}`);
  if (broken.length > 0) process.exitCode = 1;
}

/** Returns the named phases in the order of all phases. */
function parsePhases(names: string): Phase[] {
  const chosen = names.split(',');
  const unknown = chosen.find((name) => !Object.hasOwn(phases, name));
  if (unknown !== undefined) throw new Error(`expected phases of ${chaosPhases.join()}, got ${unknown}`);
  return chaosPhases.filter((phase) => chosen.includes(phase));
}
