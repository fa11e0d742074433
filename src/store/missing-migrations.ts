import { type Database, sql } from './database.ts';
import { migrationNames } from './migrate.ts';

/** The migrations that the code comes with and the database has not had, oldest first. */
export async function missingMigrations(database: Database): Promise<readonly string[]> {
  const [names, applied] = await Promise.all([migrationNames(), appliedMigrations(database)]);
  return names.filter((name) => !applied.has(name));
}

async function appliedMigrations(database: Database): Promise<ReadonlySet<string>> {
  // A table that is not there cannot be asked, not even whether it is there.
  const [row] = await database.$queryRaw<{ known: boolean }[]>(
    sql`SELECT to_regclass('_prisma_migrations') IS NOT NULL AS known`,
  );
  if (!row?.known) return new Set();
  const rows = await database.$queryRaw<{ name: string }[]>(sql`
    SELECT migration_name AS name FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL`);
  return new Set(rows.map(({ name }) => name));
}
