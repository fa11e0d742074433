import type { Pool } from 'pg';
import { eventually } from '../../test/support/eventually.ts';
import type { Ask } from '../../test/support/server-client.ts';
import { printHeading } from '../serving/report.ts';
import { type Damage, damages } from './damage.ts';
import { storeDamaged } from './damaged-version.ts';
import type { AttackedServer, Platform } from './platform.ts';
import { listsOf, type Served, type ServedLists } from './served-lists.ts';
import type { StoredData } from './stored-data.ts';

export interface DamagedVersion extends ServedLists {
  readonly kind: Damage['kind'];
  /** What a server served that ran when the version became active. `served` and `degraded` are after a new start. */
  readonly running: ServedLists;
  /** Whether `promoteModel` accepts the version. */
  readonly promotable: boolean;
}

const within = 30_000;
/** In this time, a server has noticed that another version is active, and has tried it. */
const noticedWithin = 10_000;

/** Makes damaged versions active, one kind of damage after the other. */
export async function measureDamaged(
  platform: Platform,
  { catalog, key }: StoredData,
  kinds: readonly Damage['kind'][],
): Promise<DamagedVersion[]> {
  printHeading('Damaged model versions, made active by SQL');
  const joined = await platform.join();
  let server = await platform.startServer(key);
  const measured: DamagedVersion[] = [];
  try {
    const [before] = await activeVersions(joined.pool);
    if (before === undefined) throw new Error('expected an active version, got none');
    for (const damage of damages.filter(({ kind }) => kinds.includes(kind))) {
      const damaged = await storeDamaged(joined.pool, before, damage);
      const lists = (ask: Ask) => listsOf(ask, catalog, { before, damaged });
      const refused = await refusedModels(server.url);
      await activate(joined.pool, damaged);
      const running = await whenNoticed(server, refused, () => lists(server.ask));
      await server.stop();
      server = await platform.startServer(key);
      const started = await lists(server.ask);
      await activate(joined.pool, before);
      await eventually(async () => (await lists(server.ask)).served === 'before', { within });
      const promotable = await promotes(server, damaged);
      await removeDamaged(joined.pool, { before, damaged });
      measured.push(report({ kind: damage.kind, ...started, running, promotable }));
      await eventually(async () => (await lists(server.ask)).served === 'before', { within });
    }
  } finally {
    await server.stop();
    await joined.close();
  }
  return measured;
}

/** Returns the lists as soon as the server has refused another version than the `refused` ones, or uses it. */
async function whenNoticed(
  { url }: AttackedServer,
  refused: number,
  lists: () => Promise<ServedLists>,
): Promise<ServedLists> {
  const noticed = async () => (await refusedModels(url)) > refused || (await lists()).served !== 'before';
  // If it has noticed nothing, its lists are judged all the same.
  await eventually(noticed, { within: noticedWithin }).catch(() => {});
  return lists();
}

/** Returns how many model versions a server has refused since its start. */
async function refusedModels(url: string): Promise<number> {
  const metrics = await (await fetch(new URL('/metrics', url))).text();
  return Number(/^warmstart_model_failures_total\{.*cause="refused".*\} (\d+)$/m.exec(metrics)?.[1] ?? 0);
}

async function activeVersions(pool: Pool): Promise<number[]> {
  const { rows } = await pool.query<{ id: number }>('SELECT model_version_id AS id FROM active_models');
  return rows.map(({ id }) => id);
}

async function activate(pool: Pool, versionId: number): Promise<void> {
  await pool.query('UPDATE active_models SET model_version_id = $1, promoted_at = now()', [versionId]);
}

async function promotes({ ask }: AttackedServer, versionId: number): Promise<boolean> {
  const modelVersion = Buffer.from(`ModelVersion:${versionId}`).toString('base64url');
  const { data } = await ask(
    `mutation ($modelVersion: ID!) {
      promoteModel(input: { modelVersion: $modelVersion }) { modelVersion { active } userErrors { code message } }
    }`,
    { modelVersion },
  );
  return data?.promoteModel?.modelVersion?.active === true;
}

/** Leaves no trace, so that no kind of damage affects the next. */
async function removeDamaged(pool: Pool, { before, damaged }: { before: number; damaged: number }): Promise<void> {
  await activate(pool, before);
  await pool.query('DELETE FROM promotion_decisions WHERE $1 IN (model_version_id, previous_version_id)', [damaged]);
  await pool.query('DELETE FROM model_versions WHERE id = $1', [damaged]);
}

const words: Readonly<Record<Served, string>> = {
  before: 'the version before',
  popularity: 'popular items',
  damaged: 'THE DAMAGED VERSION',
  nothing: 'NO LISTS OF TEN ITEMS',
};

function report(measured: DamagedVersion): DamagedVersion {
  const { kind, served, running, promotable } = measured;
  const promoted = promotable ? 'promoteModel ACCEPTS it' : 'promoteModel refuses it';
  const cells = [
    kind.padEnd(16),
    `running: ${words[running.served]}`.padEnd(32),
    `started: ${words[served]}`.padEnd(32),
  ];
  process.stdout.write(`${[...cells, promoted].join('  ')}\n`);
  return measured;
}
