import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { failWhileSilent } from './fail-while-silent.ts';
import { Prisma, PrismaClient } from './generated/client.ts';
import { observeStatements, type StatementObserver } from './observe-statements.ts';

/** Typed access to the tables, inside or outside a transaction. */
export type Database = Prisma.TransactionClient;
/** Typed access to the tables that can start a transaction. */
export type TransactionalDatabase = Database & Pick<PrismaClient, '$transaction'>;

/** The largest internal IDs by their type. Interactions and training events have `bigint` IDs, all else `integer`. */
export const largestId = { integer: 2 ** 31 - 1, bigint: 2n ** 63n - 1n } as const;

/** A connection pool of one database: behind Prisma, and directly for COPY. */
export interface OpenDatabase {
  readonly database: TransactionalDatabase;
  readonly pool: pg.Pool;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** Maximum number of connections. A request waits for a free one. */
  readonly connections?: number;
  /** Maximum time to wait for a new or a free connection before the database counts as unavailable. */
  readonly connectionMilliseconds?: number;
  /**
   * Maximum time to wait for a statement before the database counts as unavailable. Default: no limit, for bulk loads.
   */
  readonly statementMilliseconds?: number;
  /** See `failWhileSilent`. Default: never. */
  readonly silentMilliseconds?: number;
  readonly observeStatement?: StatementObserver | undefined;
}

export function openDatabase(
  url: string,
  {
    connections = 10,
    connectionMilliseconds = 10_000,
    statementMilliseconds,
    silentMilliseconds,
    observeStatement,
  }: DatabaseOptions = {},
): OpenDatabase {
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: connectionMilliseconds,
    // The connection of a statement that timed out is not used again.
    ...(statementMilliseconds !== undefined && { query_timeout: statementMilliseconds }),
    // Otherwise an idle connection does not notice that the database's machine is gone.
    keepAlive: true,
  });
  // An idle connection that the server closes is replaced by the next query. Without this listener, it would end the
  // process.
  pool.on('error', () => {});
  if (observeStatement) observeStatements(pool, observeStatement);
  if (silentMilliseconds !== undefined) failWhileSilent(pool, silentMilliseconds);
  // The same holds for a connection that is lost between two statements of its user, whose next statement fails.
  pool.on('connect', (connected) => connected.on('error', () => {}));
  const client = new PrismaClient({ adapter: new PrismaPg(pool), errorFormat: 'minimal' });
  return {
    database: client,
    pool,
    async close() {
      await client.$disconnect();
      await pool.end();
    },
  };
}

/** Returns the same database, but its statements throw the signal's reason once the signal is aborted. */
export function abortableDatabase(database: TransactionalDatabase, signal: AbortSignal): TransactionalDatabase {
  const extended = (database as PrismaClient).$extends({
    query: {
      $allOperations({ args, query }) {
        signal.throwIfAborted();
        return query(args);
      },
    },
  });
  return extended as unknown as TransactionalDatabase;
}

/** Builds SQL from a template. Its values are always parameters. */
export const sql = Prisma.sql;
/** A part of a statement with its parameters, as built by `sql`. */
export type Sql = Prisma.Sql;

export type {
  ApiKey,
  Interaction,
  Item,
  ModelVersion,
  PromotionDecision,
  RetrainSchedule,
  Scenario,
  TrainingEvent,
  TrainingRun,
  User,
} from './generated/client.ts';
export {
  ApiKeyRole,
  DecidedBy,
  EntityKind as StoredEntityKind,
  FeatureKind as StoredFeatureKind,
  Polarity,
  RunStatus,
  RunTrigger,
  TrainingEventKind,
} from './generated/enums.ts';
export type { InputJsonValue, JsonValue } from './generated/internal/prismaNamespace.ts';
