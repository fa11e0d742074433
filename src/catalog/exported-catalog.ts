import type { PoolClient } from 'pg';
import { storedDatePattern } from '../features/dates.ts';
import { type EntityKind, type FeatureField, type FeatureKind, jsonTypes } from '../features/feature-schema.ts';

/** SQL that tells what is exported of one kind. */
export interface ExportedRows {
  /** A statement that counts the lines, as `lines`. */
  readonly count: string;
  /** A query of the lines, in one column of JSON. */
  readonly lines: string;
}

/** Returns the SQL of rows. `counted` is a table of them. `selected` is the rest of a SELECT of the keys of their lines. */
export function exportedRows(counted: string, selected: string): ExportedRows {
  return {
    count: `SELECT count(*)::float8 AS lines FROM ${counted}`,
    lines: `SELECT row_to_json(line) FROM (SELECT ${selected}) AS line`,
  };
}

/** Few enough that a line of IDs stays far below the longest line that an import reads. */
const itemsPerLine = 500;

/** Returns the SQL of users, items and scenarios, in the order in which they were added. */
export function exportedCatalog(client: PoolClient, fields: readonly FeatureField[]) {
  const features = (entity: EntityKind) => featuresOf(client, entity, fields);
  return {
    users: exportedRows('users', `external_id AS id, ${features('user')} AS features FROM users ORDER BY users.id`),
    items: exportedRows(
      'items',
      `external_id AS id, title, available, ${timeOf('available_from')} AS "availableFrom",
        ${timeOf('available_until')} AS "availableUntil", ${features('item')} AS features FROM items ORDER BY items.id`,
    ),
    scenarios: exportedRows(
      pools,
      `external_id AS id, title, items,
        CASE WHEN rule IS NOT NULL THEN jsonb_build_object('features', rule -> 'features') END AS rule
        FROM ${pools} ORDER BY scenario_id, part`,
    ),
  };
}

/** Returns a time in ISO 8601, as an import reads it. */
function timeOf(column: string): string {
  return `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}

/** The types in JSON of the entries of lists. */
const entryTypes: Readonly<Partial<Record<FeatureKind, string>>> = {
  multiValued: 'string',
  vector: 'number',
};

/** Patterns of the texts of a kind. Other kinds have any text. */
const patterns: Readonly<Partial<Record<FeatureKind, string>>> = {
  date: storedDatePattern,
};

/** The declared features, with `null` for those without a value of their kind and width, see `readableFeatures`. */
function featuresOf(client: PoolClient, entity: EntityKind, fields: readonly FeatureField[]): string {
  const declared = fields
    .filter((field) => field.entity === entity)
    .map(({ name, kind, width }) => {
      return { name, type: jsonTypes[kind], entry: entryTypes[kind], width, pattern: patterns[kind] };
    });
  return `(
    SELECT coalesce(jsonb_object_agg(name, CASE WHEN jsonb_typeof(features -> name) = type THEN
      CASE WHEN coalesce(features ->> name ~ pattern, TRUE)
        AND CASE WHEN width IS NULL THEN TRUE ELSE jsonb_array_length(features -> name) = width END
        AND coalesce(NOT features -> name @? CASE WHEN entry IS NOT NULL THEN format('$[*] ? (@.type() <> "%s")', entry)::jsonpath END, TRUE)
      THEN features -> name END END), '{}')
    FROM jsonb_to_recordset(${client.escapeLiteral(JSON.stringify(declared))})
      AS declared(name text, type text, entry text, width int, pattern text))`;
}

/** Each pool in one or several parts, also if it is empty. A pool that follows a rule is written as empty. */
const pools = `(
  SELECT scenarios.id AS scenario_id, external_id, title, rule, number / ${itemsPerLine} AS part,
    coalesce(jsonb_agg(item ORDER BY number) FILTER (WHERE item IS NOT NULL), '[]') AS items
  FROM scenarios LEFT JOIN (
    SELECT scenario_id, external_id AS item, row_number() OVER (PARTITION BY scenario_id ORDER BY item_id) - 1 AS number
    FROM scenario_items JOIN items ON items.id = item_id
  ) AS members ON scenario_id = scenarios.id AND rule IS NULL
  GROUP BY scenarios.id, part
) AS pools`;
