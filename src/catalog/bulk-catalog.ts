import type { PoolClient } from 'pg';
import type { Batch, Dataset, ItemRecord, OnReject, ScenarioRecord, Sourced, UserRecord } from '../datasets/dataset.ts';
import type { EntityKind } from '../features/feature-schema.ts';
import { copyInto, copyLine } from '../store/copy.ts';
import { featureErrorsOf, plainFeatures, type UncheckedFeatures } from './check-features.ts';
import { timesProblem } from './check-times.ts';
import { externalIdProblem } from './external-id.ts';
import { ScenarioRules } from './scenario-rules.ts';

/** The numbers of rows of one kind that a load read, added and changed. */
export interface LoadCount {
  read: number;
  added: number;
  changed: number;
}

/** Receives the number of bytes of input that were just read. */
export type OnBytes = (bytes: number) => void;

type Stream<T> = AsyncIterable<Batch<T>>;

/** Adds users, and replaces the features of existing users if they differ and the record is complete. */
export async function loadUsers(
  client: PoolClient,
  dataset: Dataset,
  onReject: OnReject,
  onBytes: OnBytes,
): Promise<LoadCount> {
  await client.query(
    `CREATE TEMP TABLE staged_users (${position}, id text, features jsonb, complete bool) ON COMMIT DROP`,
  );
  const plain = plainFeatures(dataset.fields, 'user');
  const lines = stagingLines<UserRecord>(
    dataset.users(onReject),
    onReject,
    onBytes,
    ({ id, features, incomplete }) => copyLine([id, JSON.stringify(plain(features)), String(!incomplete)]),
    featureProblemOf(dataset, 'user'),
  );
  await copyInto(client, 'staged_users (id, features, complete)', lines);
  const differs = 'staged.complete AND users.features IS DISTINCT FROM staged.features';
  return upsert(
    client,
    'staged_users',
    `
    INSERT INTO users AS known (id, external_id, features)
    SELECT key, id, features FROM ${numbered('users', 'staged_users', differs)}
    ON CONFLICT (external_id) DO UPDATE SET features = EXCLUDED.features, updated_at = now()
      WHERE known.features IS DISTINCT FROM EXCLUDED.features`,
  );
}

/**
 * Adds items, and replaces title, features and availability of existing items if they differ and the record is complete.
 * A record does not change what it does not state of an item's availability.
 */
export async function loadItems(
  client: PoolClient,
  dataset: Dataset,
  onReject: OnReject,
  onBytes: OnBytes,
): Promise<LoadCount> {
  await client.query(`
    CREATE TEMP TABLE staged_items (${position}, id text, title text, features jsonb, available bool,
      available_from timestamptz, available_until timestamptz, timed bool, complete bool) ON COMMIT DROP`);
  const featureProblem = featureProblemOf(dataset, 'item');
  const problemOf = (item: ItemRecord) => featureProblem(item) ?? timesProblem(item);
  const line = itemLine(plainFeatures(dataset.fields, 'item'));
  const lines = stagingLines<ItemRecord>(dataset.items(onReject), onReject, onBytes, line, problemOf);
  const columns = 'id, title, features, available, available_from, available_until, timed, complete';
  await copyInto(client, `staged_items (${columns})`, lines);
  await client.query('CREATE INDEX ON staged_items (id, position)');
  const differs = `staged.complete AND ((items.title, items.features) IS DISTINCT FROM (staged.title, staged.features)
    OR ${availabilityDiffers('items', 'staged')})`;
  return upsert(
    client,
    'staged_items',
    `
    INSERT INTO items AS known (id, external_id, title, features, available, available_from, available_until)
    SELECT key, id, title, features, coalesce(available, TRUE), available_from, available_until
    FROM ${numbered('items', 'staged_items', differs)}
    ON CONFLICT (external_id) DO UPDATE SET title = EXCLUDED.title, features = EXCLUDED.features, updated_at = now(),
      (available, available_from, available_until) = (
        SELECT coalesce(staged.available, known.available),
          CASE WHEN timed THEN staged.available_from ELSE known.available_from END,
          CASE WHEN timed THEN staged.available_until ELSE known.available_until END
        FROM ${stagedItem}
      )
      WHERE (known.title, known.features) IS DISTINCT FROM (EXCLUDED.title, EXCLUDED.features)
        OR (SELECT ${availabilityDiffers('known', 'staged')} FROM ${stagedItem})`,
  );
}

/** Returns the function that writes an item, with its features as `plain` returns them. */
function itemLine(plain: ReturnType<typeof plainFeatures>): (item: ItemRecord) => string {
  return ({ id, title, features, incomplete, available, availableFrom, availableUntil }) =>
    copyLine([
      ...[id, title, JSON.stringify(plain(features)), available === undefined ? null : `${available}`],
      ...[availableFrom, availableUntil].map((time) => time?.toISOString() ?? null),
      ...[`${availableFrom !== undefined}`, `${!incomplete}`],
    ]);
}

/**
 * The staged row of the item \`known\`. It is read again once the item is locked: a row to insert cannot say what a record
 * does not state, and what is not stated must not replace a concurrent change.
 */
const stagedItem = '(SELECT * FROM staged_items WHERE id = known.external_id ORDER BY position LIMIT 1) AS staged';

function availabilityDiffers(items: string, staged: string): string {
  return `(${staged}.available <> ${items}.available OR ${staged}.timed AND (${items}.available_from, ${items}.available_until)
    IS DISTINCT FROM (${staged}.available_from, ${staged}.available_until))`;
}

/**
 * Adds scenarios, replaces the titles and rules of existing ones if the record is complete, and adds their items to their
 * pools. Items that are already in a pool stay in it, unless it follows a rule from now on.
 */
export async function loadScenarios(
  client: PoolClient,
  dataset: Dataset,
  onReject: OnReject,
  onBytes: OnBytes,
): Promise<LoadCount> {
  await client.query(`
    CREATE TEMP TABLE staged_scenarios (${position}, id text, title text, rule jsonb, complete bool) ON COMMIT DROP;
    CREATE TEMP TABLE staged_pools (scenario_id text, item_id text) ON COMMIT DROP`);
  const rules = await ScenarioRules.read(client);
  const pools: string[] = [];
  const line = ({ id, title, items, rule, incomplete }: ScenarioRecord) => {
    pools.push(items.map((item) => copyLine([id, item])).join(''));
    return copyLine([id, title, rule ? JSON.stringify(rules.stored(rule)) : null, String(!incomplete)]);
  };
  const problemOf = (scenario: ScenarioRecord) => rules.problemOf(scenario);
  const lines = stagingLines<ScenarioRecord>(dataset.scenarios(onReject), onReject, onBytes, line, problemOf);
  await copyInto(client, 'staged_scenarios (id, title, rule, complete)', lines);
  await copyInto(client, 'staged_pools', toAsync(pools));
  // All scenarios are locked, even unchanged ones, so that their pools cannot be set at the same time.
  const count = await upsert(
    client,
    'staged_scenarios',
    `
    INSERT INTO scenarios AS known (id, external_id, title, rule)
    SELECT key, id, CASE WHEN complete THEN title ELSE coalesce(stored_title, title) END,
      CASE WHEN complete OR stored_title IS NULL THEN rule END
    FROM (
      SELECT numbered.*, (SELECT stored.title FROM scenarios AS stored WHERE stored.external_id = numbered.id) AS stored_title
      FROM ${numbered('scenarios', 'staged_scenarios', 'TRUE')}
    ) AS numbered ORDER BY id
    ON CONFLICT (external_id) DO UPDATE SET title = EXCLUDED.title, rule = coalesce(EXCLUDED.rule, known.rule)
      WHERE (known.title, known.rule) IS DISTINCT FROM (EXCLUDED.title, coalesce(EXCLUDED.rule, known.rule))`,
  );
  await client.query(`
    INSERT INTO scenario_items (scenario_id, item_id)
    SELECT scenarios.id, items.id FROM staged_pools
    JOIN scenarios ON scenarios.external_id = staged_pools.scenario_id AND scenarios.rule IS NULL
    JOIN items ON items.external_id = staged_pools.item_id
    ON CONFLICT DO NOTHING`);
  return count;
}

/** Internal IDs follow the order of the dataset, so that the newest items are its last ones. */
const position = 'position int GENERATED ALWAYS AS IDENTITY';

/**
 * Selects the staged rows to insert or update: rows that are new to `table`, with keys in the order of the dataset, and
 * existing rows that `changed` selects. If several rows have the same ID, the first one counts. The rows are in the
 * order of external IDs, which is the order in which all changes of several rows lock them. Other rows are not locked.
 */
function numbered(table: string, staged: string, changed: string): string {
  return `(
    SELECT coalesce(known_key, nextval('${table}_id_seq')) AS key, first.* FROM (
      SELECT ${table}.id AS known_key, staged.* FROM (SELECT DISTINCT ON (id) * FROM ${staged} ORDER BY id, position) AS staged
      LEFT JOIN ${table} ON external_id = staged.id WHERE ${table}.id IS NULL OR ${changed} ORDER BY position
    ) AS first
  ) AS numbered ORDER BY id`;
}

/** Returns the function that tells why the features of a record are invalid, or `undefined` if they are valid. */
function featureProblemOf({ fields }: Dataset, entity: EntityKind) {
  const errorsOf = featureErrorsOf(fields, entity);
  return ({ features }: { features: UncheckedFeatures }) => errorsOf(features, ['features'])[0]?.message;
}

/** Yields COPY lines of the valid records, and rejects the others with their line number. */
async function* stagingLines<T extends { readonly id: string }>(
  stream: Stream<T>,
  onReject: OnReject,
  onBytes: OnBytes,
  line: (record: T) => string,
  problemOf: (record: T) => string | undefined = () => undefined,
): AsyncGenerator<string> {
  for await (const { rows, bytes } of stream) {
    let chunk = '';
    for (const row of rows) {
      const problem = externalIdProblem(row.record.id) ?? problemOf(row.record);
      if (problem) onReject(rejectOf(row, problem));
      else chunk += line(row.record);
    }
    onBytes(bytes);
    if (chunk !== '') yield chunk;
  }
}

export function rejectOf<T>({ file, line, row }: Sourced<T>, reason: string) {
  return { file, line, row, reason };
}

/** Runs an upsert and returns how many rows it added and changed. An inserted row has no xmax. */
async function upsert(client: PoolClient, staged: string, statement: string): Promise<LoadCount> {
  const { rows } = await client.query<LoadCount>(`
    WITH stored AS (${statement} RETURNING xmax = 0 AS added)
    SELECT (SELECT count(*) FROM ${staged})::int AS read, count(*) FILTER (WHERE added)::int AS added,
      count(*) FILTER (WHERE NOT added)::int AS changed FROM stored`);
  return rows[0] as LoadCount;
}

async function* toAsync<T>(values: Iterable<T>): AsyncGenerator<T> {
  yield* values;
}
