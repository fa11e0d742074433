import { checkExternalId } from '../catalog/external-id.ts';
import type { RatingScale } from '../config.ts';
import { WarmstartError } from '../errors.ts';
import { type Database, type Interaction, type InteractionType, sql } from '../store/database.ts';

/** An interaction as a client reports it; ids are the client's. */
export interface InteractionInput {
  readonly userId: string;
  readonly itemId: string;
  readonly scenarioId?: string | null;
  readonly type: InteractionType;
  readonly value?: number | null;
  /** When it happened; now, unless told. */
  readonly occurredAt?: Date | null;
  /** The same key of the same user is recorded once, however often it is sent. */
  readonly idempotencyKey?: string | null;
}

export interface RecordedInteraction {
  readonly interaction: Interaction;
  /** False when the idempotency key had been recorded before. */
  readonly recorded: boolean;
}

/** Milliseconds: to get a connection, and to get through; a bulk load may hold the user's lock for a while. */
const patience = { maxWait: 10_000, timeout: 30_000 };

/** `recordInteraction` needs to begin a transaction of its own. */
type TransactionalDatabase = Pick<Database, '$transaction'>;

/**
 * Stores one interaction, or nothing.
 *
 * Throws BAD_USER_INPUT for a value that does not fit, USER_, ITEM_ or SCENARIO_NOT_FOUND, and IDEMPOTENCY_CONFLICT
 * when the key was used for another interaction of this user.
 */
export async function recordInteraction(
  database: TransactionalDatabase,
  scale: RatingScale,
  input: InteractionInput,
): Promise<RecordedInteraction> {
  checkInteraction(scale, input);
  return database.$transaction(async (transaction) => {
    const userId = await lockUser(transaction, input.userId);
    const [itemId, scenarioId] = await Promise.all([
      findItemId(transaction, input.itemId),
      input.scenarioId == null ? null : findScenarioId(transaction, input.scenarioId),
    ]);
    const row = {
      userId,
      itemId,
      scenarioId,
      type: input.type,
      value: input.value ?? null,
      idempotencyKey: input.idempotencyKey ?? null,
    };
    const earlier =
      row.idempotencyKey === null ? null : await findByKey(transaction, userId, row.idempotencyKey);
    if (earlier) return { interaction: sameInteraction(earlier, row), recorded: false };
    const occurredAt = input.occurredAt ?? new Date();
    return {
      interaction: await transaction.interaction.create({ data: { ...row, occurredAt } }),
      recorded: true,
    };
  }, patience);
}

function checkInteraction(scale: RatingScale, { type, value, ...input }: InteractionInput): void {
  checkExternalId('userId', input.userId);
  checkExternalId('itemId', input.itemId);
  if (input.scenarioId != null) checkExternalId('scenarioId', input.scenarioId);
  if (input.idempotencyKey != null) checkExternalId('idempotencyKey', input.idempotencyKey);
  if (value != null && !Number.isFinite(value)) {
    throw new WarmstartError('BAD_USER_INPUT', `value: expected a finite number, got ${value}`);
  }
  if (type !== 'RATE') return;
  if (value == null)
    throw new WarmstartError('BAD_USER_INPUT', 'value: a RATE interaction needs the rating as its value');
  if (value < scale.minimum || value > scale.maximum) {
    throw new WarmstartError(
      'BAD_USER_INPUT',
      `value: a rating lies between ${scale.minimum} and ${scale.maximum}, got ${value}`,
    );
  }
}

/**
 * Locks the user's row, so that one user's interactions get their ids in the order in which they become visible:
 * a reader that has folded in all up to an id never misses an earlier one.
 */
async function lockUser(transaction: Pick<Database, '$queryRaw'>, externalId: string): Promise<number> {
  const rows = await transaction.$queryRaw<{ id: number }[]>(
    sql`SELECT id FROM users WHERE external_id = ${externalId} FOR NO KEY UPDATE`,
  );
  return rows[0]?.id ?? notFound('USER_NOT_FOUND', 'user', externalId);
}

async function findItemId(transaction: Pick<Database, 'item'>, externalId: string): Promise<number> {
  const item = await transaction.item.findUnique({ where: { externalId }, select: { id: true } });
  return item?.id ?? notFound('ITEM_NOT_FOUND', 'item', externalId);
}

async function findScenarioId(transaction: Pick<Database, 'scenario'>, externalId: string): Promise<number> {
  const scenario = await transaction.scenario.findUnique({ where: { externalId }, select: { id: true } });
  return scenario?.id ?? notFound('SCENARIO_NOT_FOUND', 'scenario', externalId);
}

function notFound(
  code: 'USER_NOT_FOUND' | 'ITEM_NOT_FOUND' | 'SCENARIO_NOT_FOUND',
  kind: string,
  id: string,
): never {
  throw new WarmstartError(code, `there is no ${kind} with the id ${JSON.stringify(id)}`);
}

function findByKey(
  transaction: Pick<Database, 'interaction'>,
  userId: number,
  idempotencyKey: string,
): Promise<Interaction | null> {
  return transaction.interaction.findUnique({ where: { userId_idempotencyKey: { userId, idempotencyKey } } });
}

/** What a repeated key stands for must be what it stood for. */
function sameInteraction(
  earlier: Interaction,
  row: Pick<Interaction, 'itemId' | 'scenarioId' | 'type' | 'value'>,
): Interaction {
  for (const field of ['itemId', 'scenarioId', 'type', 'value'] as const) {
    if (earlier[field] !== row[field]) {
      throw new WarmstartError(
        'IDEMPOTENCY_CONFLICT',
        `idempotencyKey: ${JSON.stringify(earlier.idempotencyKey)} was recorded with another ${field}; use a new key for a new interaction`,
      );
    }
  }
  return earlier;
}
