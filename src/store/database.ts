import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { Prisma, PrismaClient } from './generated/client.ts';
import { observeStatements, type StatementObserver } from './observe-statements.ts';

/** Typed access to the tables, within a transaction or not. */
export type Database = Prisma.TransactionClient;
/** The same, able to begin a transaction. */
export type TransactionalDatabase = Database & Pick<PrismaClient, '$transaction'>;

/** A pool of connections to one database, behind Prisma and, for COPY, as it is. */
export interface OpenDatabase {
  readonly database: TransactionalDatabase;
  readonly pool: pg.Pool;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** Most connections at once; a request waits for a free one. */
  readonly connections?: number;
  /** How long to wait for a connection before the database counts as away: a new one to a server that is silent, or a free one. */
  readonly connectionMilliseconds?: number;
  /** How long to wait for a statement before it does; without it for ever, as bulk loads need. */
  readonly statementMilliseconds?: number;
  readonly observeStatement?: StatementObserver | undefined;
}

export function openDatabase(
  url: string,
  {
    connections = 10,
    connectionMilliseconds = 10_000,
    statementMilliseconds,
    observeStatement,
  }: DatabaseOptions = {},
): OpenDatabase {
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: connectionMilliseconds,
    // The connection of a statement that took too long is not used again.
    ...(statementMilliseconds !== undefined && { query_timeout: statementMilliseconds }),
    // Of a machine that vanished nothing else tells an idle connection.
    keepAlive: true,
  });
  // An idle connection that the server drops is replaced at the next query; without a listener it would end the process.
  pool.on('error', () => {});
  if (observeStatement) observeStatements(pool, observeStatement);
  // So would one that is lost while somebody has it, between two of their statements; the next of which fails.
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

/** SQL as a tagged template whose values are always parameters. */
export const sql = Prisma.sql;
/** What `sql` makes: a part of a statement, with its parameters. */
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
  InteractionType,
  RunStatus,
  RunTrigger,
  TrainingEventKind,
} from './generated/enums.ts';
export type { InputJsonValue, JsonValue } from './generated/internal/prismaNamespace.ts';
