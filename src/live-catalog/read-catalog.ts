import { type Connections, prepared } from '../store/prepared.ts';
import type { TaskKind } from '../tasks/training-data.ts';
import type { ItemTuple } from './item-table.ts';
import type { ScenarioTuple } from './scenario-table.ts';

/** A tuple of numbers for one item: its internal ID, its interactions, and how many of them are positive. */
export type PopularityTuple = readonly [itemId: number, interactions: number, positives: number];

const milliseconds = (column: string) => `(extract(epoch FROM ${column}) * 1000)::float8`;

/** Rows arrive as one JSON value, which is parsed several times as fast as rows of a result. */
const itemTuple = `json_build_array(id, external_id, title, features, available, revision, ${milliseconds('created_at')},
  ${milliseconds('updated_at')})`;

const itemsAfter = prepared<{ items: readonly ItemTuple[] }>(
  'live items after',
  `SELECT coalesce(json_agg(${itemTuple}), '[]') AS items
   FROM (SELECT * FROM items WHERE id > $1 ORDER BY id LIMIT $2) AS page`,
);

const itemsOf = prepared<{ items: readonly ItemTuple[] }>(
  'live items',
  `SELECT coalesce(json_agg(${itemTuple} ORDER BY id), '[]') AS items FROM items WHERE id = ANY($1::int[])`,
);

const popularityAfter = prepared<{ popularity: readonly PopularityTuple[] }>(
  'live popularity after',
  `SELECT coalesce(json_agg(json_build_array(item_id, interactions, positives)), '[]') AS popularity
   FROM (SELECT * FROM item_popularity WHERE item_id > $1 ORDER BY item_id LIMIT $2) AS page`,
);

const scenariosOf = prepared<{ scenarios: readonly ScenarioTuple[] }>(
  'live scenarios',
  `SELECT coalesce(json_agg(json_build_array(id, external_id, title, ${milliseconds('created_at')}, (
     SELECT coalesce(json_agg(item_id ORDER BY item_id), '[]') FROM scenario_items WHERE scenario_id = scenarios.id
   ))), '[]') AS scenarios
   FROM scenarios WHERE $1::int[] IS NULL OR id = ANY($1::int[])`,
);

/** The active model version of each kind of task. */
export interface ActiveVersion {
  readonly taskKind: TaskKind;
  readonly versionId: number;
  /** See `ModelVersion.servesFrom`. */
  readonly servesFrom: number;
}

const activeVersions = prepared<ActiveVersion>(
  'live active versions',
  `SELECT active_models.task_kind AS "taskKind", model_version_id AS "versionId",
     coalesce(serves_from, 1) AS "servesFrom"
   FROM active_models JOIN model_versions ON model_versions.id = model_version_id`,
);

/** Items read at once: parsing them takes the event loop a few milliseconds. */
const itemsPerPage = 2000;

/** Yields all items in the order of their IDs. */
export function readAllItems(connections: Connections): AsyncGenerator<readonly ItemTuple[]> {
  return readPages(async (last) => (await itemsAfter(connections, [last, itemsPerPage]))[0]?.items ?? []);
}

/** Yields the popularity of all items that have interactions. */
export function readAllPopularity(connections: Connections): AsyncGenerator<readonly PopularityTuple[]> {
  return readPages(async (last) => (await popularityAfter(connections, [last, itemsPerPage]))[0]?.popularity ?? []);
}

/** Reads pages that each begin after an ID. PostgreSQL makes the next page while its reader works on one. */
async function* readPages<Tuple extends readonly [id: number, ...rest: unknown[]]>(
  read: (after: number) => Promise<readonly Tuple[]>,
): AsyncGenerator<readonly Tuple[]> {
  let next: Promise<readonly Tuple[]> | undefined = read(0);
  while (next) {
    const page: readonly Tuple[] = await next;
    const last = page.length < itemsPerPage ? undefined : page.at(-1)?.[0];
    next = last === undefined ? undefined : read(last);
    // The reader may stop before it.
    next?.catch(() => {});
    yield page;
  }
}

/** Yields the items with these internal IDs that still exist. */
export async function* readItems(
  connections: Connections,
  ids: readonly number[],
): AsyncGenerator<readonly ItemTuple[]> {
  for (let start = 0; start < ids.length; start += itemsPerPage) {
    const [row] = await itemsOf(connections, [ids.slice(start, start + itemsPerPage)]);
    yield (row as { items: readonly ItemTuple[] }).items;
  }
}

/** Reads the scenarios with these internal IDs that still exist, or all. */
export async function readScenarios(
  connections: Connections,
  ids: readonly number[] | null,
): Promise<readonly ScenarioTuple[]> {
  const [row] = await scenariosOf(connections, [ids]);
  return row?.scenarios ?? [];
}

export async function readActiveVersions(connections: Connections): Promise<readonly ActiveVersion[]> {
  return activeVersions(connections, []);
}
