import { existsSync } from 'node:fs';
import type { Pool } from 'pg';
import { declareFields } from '../../src/catalog/feature-fields.ts';
import type { RatingScale } from '../../src/catalog/interaction-value.ts';
import { openMovieLens } from '../../src/datasets/mapping/open-movielens.ts';
import type { FeatureField } from '../../src/features/feature-schema.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { withConnection, within } from '../../src/store/transaction.ts';
import { movieLensDirectory } from '../support/movielens-tasks.ts';

/** What requests are about, by external ID. */
export interface Catalog {
  readonly users: readonly string[];
  readonly items: readonly string[];
  /** Values of the feature `maker`, each of which 1 % of the synthetic items have if there are many. */
  readonly makers: readonly string[];
}

export const syntheticSize = { users: 100_000, items: 10_000 };

/** Users like the items of one of these groups. A group is a genre. */
const groups = 50;
const makers = 100;

const fields: FeatureField[] = [
  { entity: 'user', name: 'segment', kind: 'categorical' },
  { entity: 'item', name: 'genre', kind: 'categorical' },
  { entity: 'item', name: 'maker', kind: 'categorical' },
  { entity: 'item', name: 'price', kind: 'numeric' },
];

export interface SyntheticSize {
  readonly users: number;
  readonly items: number;
  readonly interactionsPerUser: number;
}

/** Empties the database and stores synthetic users, items and interactions, made by PostgreSQL. */
export async function storeSynthetic(pool: Pool, { users, items, interactionsPerUser }: SyntheticSize): Promise<void> {
  await withConnection(pool, (client) =>
    within(client, async () => {
      await client.query('TRUNCATE users, items, scenarios, feature_fields RESTART IDENTITY CASCADE');
      // A random order would be as good, but two runs would have different data.
      await client.query('SELECT setseed(0.5)');
      await declareFields(client, fields);
      await client.query(
        `INSERT INTO users (external_id, features)
         SELECT 'user-' || n, jsonb_build_object('segment', 'segment-' || n % 10) FROM generate_series(1, $1::int) AS n`,
        [users],
      );
      await client.query(insertItems, [1, items]);
      // As bulk loads do: every row is known to refer to a user and an item that exist.
      await client.query('SET LOCAL session_replication_role = replica');
      await client.query(insertInteractions, [users, interactionsPerUser, items]);
    }),
  );
  await pool.query('ANALYZE');
}

/** Stores the synthetic items with these numbers. */
export async function storeItems(pool: Pool, first: number, last: number): Promise<void> {
  await pool.query(insertItems, [first, last]);
  await pool.query('ANALYZE items');
}

const insertItems = `INSERT INTO items (external_id, title, features)
  SELECT 'item-' || n, 'Item ' || n, jsonb_build_object(
    'genre', 'genre-' || n % ${groups}, 'maker', 'maker-' || n / ${groups} % ${makers}, 'price', n % 1000 * 7919 % 1000 / 10.0)
  FROM generate_series($1::int, $2::int) AS n`;

/**
 * Most interactions of a user are with items of one group. The first items of each group are the popular ones. Every
 * third interaction is a rating.
 */
const insertInteractions = `INSERT INTO interactions (user_id, item_id, type, value)
  SELECT "user", 1 + floor($3::int / ${groups} * place * place) * ${groups}
      + CASE WHEN taste < 0.7 THEN "user" % ${groups} ELSE floor(${groups} * other) END,
    CASE WHEN n % 3 = 0 THEN 'RATE' ELSE 'VIEW' END,
    CASE WHEN n % 3 = 0 THEN CASE WHEN taste < 0.7 THEN 5 ELSE 3 END END
  FROM (
    SELECT "user", n, random() AS place, random() AS taste, random() AS other
    FROM generate_series(1, $1::int) AS "user", generate_series(1, $2::int) AS n
  ) AS drawn`;

/** Adds MovieLens-1M through the import. Returns whether its folder is there. */
export async function addMovieLens(pool: Pool, ratingScale: RatingScale): Promise<boolean> {
  if (!existsSync(movieLensDirectory)) return false;
  await loadDataset(pool, await openMovieLens(movieLensDirectory, ratingScale), { ratingScale });
  return true;
}

/** Returns a random sample of the users and items that have interactions. */
export async function readCatalog(pool: Pool): Promise<Catalog> {
  const sample = async (statement: string) => {
    const { rows } = await pool.query<{ id: string }>(statement);
    return rows.map(({ id }) => id);
  };
  return {
    users: await sample('SELECT external_id AS id FROM users ORDER BY md5(external_id) LIMIT 20000'),
    items: await sample(
      `SELECT external_id AS id FROM items JOIN item_popularity ON item_id = items.id
       ORDER BY md5(external_id) LIMIT 5000`,
    ),
    makers: await sample(`SELECT DISTINCT features ->> 'maker' AS id FROM items WHERE features ? 'maker' ORDER BY 1`),
  };
}
