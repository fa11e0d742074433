import type { Logger } from 'pino';
import { inTime } from '../http/in-time.ts';
import { type PlatformState, platformState } from '../registry/platform-state.ts';
import type { Database } from '../store/database.ts';
import { isConnectionError } from '../store/is-connection-error.ts';
import { missingMigrations } from '../store/missing-migrations.ts';
import type { DatabaseOutage } from './database-outage.ts';

/** What `/readyz` answers. */
export interface Readiness {
  readonly ready: boolean;
  /** What keeps the server from serving; empty when nothing does. */
  readonly missing: readonly string[];
  /** By kind of task; for information, as without a model popular items are served. */
  readonly models?: Readonly<Record<string, string>>;
}

/** How long those wait who ask how the server is. */
export const patienceMilliseconds = 2000;

/** Whether a server can serve: its database answers in time, and has all migrations. */
export class ReadinessCheck {
  readonly #database: Database;
  readonly #logger: Logger;
  readonly #outage: DatabaseOutage;
  /** One at a time, however often it is asked for: a database that hangs is not to be asked ever more. */
  #look: Promise<Readiness> | undefined;

  constructor(database: Database, logger: Logger, outage: DatabaseOutage) {
    this.#database = database;
    this.#logger = logger;
    this.#outage = outage;
  }

  async check(): Promise<Readiness> {
    this.#look ??= look(this.#database).finally(() => {
      this.#look = undefined;
    });
    try {
      return await inTime(patienceMilliseconds, this.#look);
    } catch (err) {
      // The reason is told to the operator alone: anybody may ask.
      if (isConnectionError(err)) this.#outage.noticed(err);
      else this.#logger.warn({ err }, 'not ready: the database does not answer');
      return { ready: false, missing: [`the database does not answer within ${patienceMilliseconds} ms`] };
    }
  }
}

async function look(database: Database): Promise<Readiness> {
  const migrations = await missingMigrations(database);
  if (migrations.length > 0) {
    return { ready: false, missing: migrations.map((name) => `the database lacks the migration ${name}`) };
  }
  return { ready: true, missing: [], models: describe(await platformState(database)) };
}

function describe({ activeVersions }: PlatformState): Record<string, string> {
  return Object.fromEntries(
    Object.entries(activeVersions).map(([kind, version]) => [
      kind,
      version === null ? 'none; serving popularity' : `version ${version}`,
    ]),
  );
}
