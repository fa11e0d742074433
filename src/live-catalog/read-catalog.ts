import { fieldOf, type StoredFeatureField } from '../catalog/feature-fields.ts';
import { selectTypes } from '../catalog/interaction-types.ts';
import type { FeatureField } from '../features/feature-schema.ts';
import { type InteractionType, InteractionTypes } from '../features/interaction-types.ts';
import { type Connections, prepared } from '../store/prepared.ts';
import type { TaskKind } from '../tasks/training-data.ts';
import type { ItemTuple, PopularityColumns } from './item-table.ts';
import type { ScenarioTuple } from './scenario-table.ts';

const milliseconds = (column: string) => `(extract(epoch FROM ${column}) * 1000)::float8`;

/** Rows arrive as one JSON value, which is parsed several times as fast as rows of a result. */
const itemTuple = `json_build_array(id, external_id, title, features, available, revision, ${milliseconds('created_at')},
  ${milliseconds('updated_at')}, coalesce(interactions, 0), coalesce(positives, 0),
  ${milliseconds('available_from')}, ${milliseconds('available_until')})`;
const withPopularity = 'LEFT JOIN item_popularity ON item_popularity.item_id = id';

const itemsAfter = prepared<{ items: readonly ItemTuple[] }>(
  'live items after',
  `SELECT coalesce(json_agg(${itemTuple} ORDER BY id), '[]') AS items
   FROM (SELECT * FROM items WHERE id > $1 ORDER BY id LIMIT $2) AS page ${withPopularity}`,
);

const itemsOf = prepared<{ items: readonly ItemTuple[] }>(
  'live items',
  `SELECT coalesce(json_agg(${itemTuple} ORDER BY id), '[]') AS items
   FROM items ${withPopularity} WHERE id = ANY($1::int[])`,
);

const popularityAfter = prepared<{ popularity: PopularityColumns }>(
  'live popularity after',
  `SELECT json_build_array(coalesce(json_agg(id ORDER BY id), '[]'),
     coalesce(json_agg(coalesce(interactions, 0) ORDER BY id), '[]'),
     coalesce(json_agg(coalesce(positives, 0) ORDER BY id), '[]')) AS popularity
   FROM (SELECT id FROM items WHERE id > $1 ORDER BY id LIMIT $2) AS page ${withPopularity}`,
);

const scenarioTuple = `json_build_array(id, external_id, title, ${milliseconds('created_at')}, (
  SELECT coalesce(json_agg(item_id ORDER BY item_id), '[]') FROM scenario_items WHERE scenario_id = id), rule)`;

const scenariosAfter = prepared<{ scenarios: readonly ScenarioTuple[] }>(
  'live scenarios after',
  `SELECT coalesce(json_agg(${scenarioTuple} ORDER BY id), '[]') AS scenarios
   FROM (SELECT * FROM scenarios WHERE id > $1 ORDER BY id LIMIT $2) AS page`,
);

const scenariosOf = prepared<{ scenarios: readonly ScenarioTuple[] }>(
  'live scenarios',
  `SELECT coalesce(json_agg(${scenarioTuple}), '[]') AS scenarios FROM scenarios WHERE id = ANY($1::int[])`,
);

const fields = prepared<StoredFeatureField>(
  'live fields',
  'SELECT entity, name, kind, width FROM feature_fields ORDER BY id',
);

/** Returns the declared features of users and items, in the order of their declaration. */
export async function readFields(connections: Connections): Promise<FeatureField[]> {
  return (await fields(connections, [])).map(fieldOf);
}

const types = prepared<InteractionType>('live interaction types', selectTypes);

/** Returns the declared types of interactions. */
export async function readTypes(connections: Connections): Promise<InteractionTypes> {
  return new InteractionTypes(await types(connections, []));
}

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

/** Rows read at once: parsing them takes the event loop a few milliseconds. Scenarios have up to thousands of items. */
const maxItemsPerPage = 2000;
/** Numbers of vectors that are read at once. */
const numbersPerPage = 20_000;
export const scenariosPerPage = 20;
const countsPerPage = 20_000;

/** Returns how many items are read at once if these features are declared. Vectors take long to parse. */
export function itemsPerPage(fields: readonly FeatureField[]): number {
  const numbers = fields.reduce((sum, { entity, width = 0 }) => sum + (entity === 'item' ? width : 0), 0);
  return Math.max(1, Math.min(maxItemsPerPage, Math.floor(numbersPerPage / numbers)));
}

/**
 * Yields all items in the order of their IDs, `perPage` at once. PostgreSQL makes the next page while its reader works on
 * one.
 */
export async function* readAllItems(connections: Connections, perPage: number): AsyncGenerator<readonly ItemTuple[]> {
  let next: Promise<readonly ItemTuple[]> | undefined = readItemsAfter(connections, 0, perPage);
  while (next) {
    const page: readonly ItemTuple[] = await next;
    const last = page.at(-1)?.[0];
    next = last === undefined ? undefined : readItemsAfter(connections, last, perPage);
    // The reader may stop before it.
    next?.catch(() => {});
    yield page;
  }
}

/** Reads at most `count` items that follow an ID; none after the last one. */
export async function readItemsAfter(
  connections: Connections,
  id: number,
  count: number,
): Promise<readonly ItemTuple[]> {
  return (await itemsAfter(connections, [id, count]))[0]?.items ?? [];
}

/** Reads the items with these internal IDs that exist. */
export async function readItems(connections: Connections, ids: readonly number[]): Promise<readonly ItemTuple[]> {
  return (await itemsOf(connections, [ids]))[0]?.items ?? [];
}

/** Reads the popularity of the items that follow an ID. */
export async function readPopularityAfter(connections: Connections, id: number): Promise<PopularityColumns> {
  return (await popularityAfter(connections, [id, countsPerPage]))[0]?.popularity ?? [[], [], []];
}

/** Reads the scenarios that follow an ID. */
export async function readScenariosAfter(connections: Connections, id: number): Promise<readonly ScenarioTuple[]> {
  return (await scenariosAfter(connections, [id, scenariosPerPage]))[0]?.scenarios ?? [];
}

/** Reads the scenarios with these internal IDs that exist. */
export async function readScenarios(
  connections: Connections,
  ids: readonly number[],
): Promise<readonly ScenarioTuple[]> {
  return (await scenariosOf(connections, [ids]))[0]?.scenarios ?? [];
}

export async function readActiveVersions(connections: Connections): Promise<readonly ActiveVersion[]> {
  return activeVersions(connections, []);
}

/** Returns the first IDs of a set. */
export function firstOf(ids: ReadonlySet<number>, count: number): number[] {
  const first: number[] = [];
  for (const id of ids) {
    if (first.length === count) break;
    first.push(id);
  }
  return first;
}
