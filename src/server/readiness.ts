import type { Logger } from 'pino';
import { answerWithin } from '../store/answer-within.ts';
import type { Database } from '../store/database.ts';
import { isConnectionError } from '../store/is-connection-error.ts';
import { missingMigrations } from '../store/migrate.ts';
import type { PlatformState } from '../telemetry/platform-metrics.ts';
import type { DatabaseOutage } from './database-outage.ts';
import { platformState } from './platform-state.ts';

/** The answer of `/readyz`. */
export interface Readiness {
  readonly ready: boolean;
  /** The reasons why the server cannot serve. */
  readonly missing: readonly string[];
  /**
   * The active model version of each kind of task, and whether it cannot be used. A server without models is ready: it
   * serves popular items.
   */
  readonly models?: Readonly<Record<string, string>>;
}

/** Maximum time to wait for the database. */
export const patienceMilliseconds = 2000;

/** Returns the active versions that the server cannot use, by kind of task, each with the version that takes its place. */
export type RefusedVersions = () => ReadonlyMap<
  string,
  { readonly versionId: number; readonly instead: number | null }
>;

/** Checks whether the server can serve: its database answers in time and has all migrations. */
export class ReadinessCheck {
  readonly #database: Database;
  readonly #logger: Logger;
  readonly #outage: DatabaseOutage;
  readonly #refused: RefusedVersions;
  /** One at a time, however often probes come, so that a hanging database does not get ever more statements. */
  #reading: Promise<Readiness> | undefined;

  constructor(database: Database, logger: Logger, outage: DatabaseOutage, refused: RefusedVersions) {
    this.#refused = refused;
    this.#database = database;
    this.#logger = logger;
    this.#outage = outage;
  }

  async check(): Promise<Readiness> {
    this.#reading ??= readinessOf(this.#database, this.#refused).finally(() => {
      this.#reading = undefined;
    });
    try {
      return await answerWithin(patienceMilliseconds, this.#reading);
    } catch (err) {
      // Only the log shows the reason: anyone can call `/readyz`.
      if (isConnectionError(err)) this.#outage.noticed(err);
      else this.#logger.warn({ err }, 'not ready: the check of the database failed');
      return { ready: false, missing: [`the database does not answer within ${patienceMilliseconds} ms`] };
    }
  }
}

async function readinessOf(database: Database, refused: RefusedVersions): Promise<Readiness> {
  const migrations = await missingMigrations(database);
  if (migrations.length > 0) {
    return { ready: false, missing: migrations.map((name) => `the database lacks the migration ${name}`) };
  }
  return { ready: true, missing: [], models: describe(await platformState(database), refused()) };
}

function describe(
  { activeVersions }: PlatformState,
  refused: ReturnType<RefusedVersions>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(activeVersions).map(([kind, version]) => {
      if (version === null) return [kind, 'none; serving popular items'];
      const { versionId, instead = null } = refused.get(kind) ?? {};
      if (versionId !== version) return [kind, `version ${version}`];
      const serving = instead === null ? 'serving popular items' : `serving version ${instead}`;
      return [kind, `version ${version}, which cannot be used; ${serving}`];
    }),
  );
}
