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

/** Keys that bulk loads give; a client's may not begin so. */
export const importedKeyPrefix = 'import:';

/**
 * Stores one interaction, or nothing.
 *
 * Throws BAD_USER_INPUT for a value that does not fit, USER_, ITEM_ or SCENARIO_NOT_FOUND, and IDEMPOTENCY_CONFLICT
 * when the key was used for another interaction of this user.
 */
export async function recordInteraction(
  database: Database,
  scale: RatingScale,
  input: InteractionInput,
): Promise<RecordedInteraction> {
  checkInteraction(scale, input);
  const interaction = await insertInteraction(database, input);
  return interaction
    ? { interaction, recorded: true }
    : { interaction: await findEarlier(database, input), recorded: false };
}

/**
 * One statement, so that no connection is held between round trips; `undefined` when a user, item or scenario is
 * missing or the key is taken.
 *
 * The user's row is locked before the id is drawn, so that one user's interactions get their ids in the order in which
 * they become visible: a reader that knows all up to an id never misses an earlier one.
 */
async function insertInteraction(
  database: Database,
  input: InteractionInput,
): Promise<Interaction | undefined> {
  const { userId, itemId, type } = input;
  const scenarioId = input.scenarioId ?? null;
  const rows = await database.$queryRaw<Interaction[]>(sql`
    WITH owner AS MATERIALIZED (SELECT id FROM users WHERE external_id = ${userId} FOR NO KEY UPDATE)
    INSERT INTO interactions (user_id, item_id, scenario_id, type, value, occurred_at, idempotency_key)
    SELECT owner.id, items.id, scenarios.id, ${type}::interaction_type, ${input.value ?? null}::float8,
      ${input.occurredAt ?? new Date()}::timestamptz, ${input.idempotencyKey ?? null}::text
    FROM owner JOIN items ON items.external_id = ${itemId}
      LEFT JOIN scenarios ON scenarios.external_id = ${scenarioId}::text
    WHERE ${scenarioId}::text IS NULL OR scenarios.id IS NOT NULL
    ON CONFLICT (user_id, idempotency_key) DO NOTHING
    RETURNING id, user_id AS "userId", item_id AS "itemId", scenario_id AS "scenarioId", type::text AS type, value,
      occurred_at AS "occurredAt", idempotency_key AS "idempotencyKey"`);
  return rows[0];
}

/** The interaction that took the key before; throws what else kept the new one from being stored. */
async function findEarlier(database: Database, input: InteractionInput): Promise<Interaction> {
  const user = await database.user.findUnique({ where: { externalId: input.userId }, select: { id: true } });
  const userId = user?.id ?? notFound('USER_NOT_FOUND', 'user', input.userId);
  const item = await database.item.findUnique({ where: { externalId: input.itemId }, select: { id: true } });
  const itemId = item?.id ?? notFound('ITEM_NOT_FOUND', 'item', input.itemId);
  const scenarioId = input.scenarioId == null ? null : await findScenarioId(database, input.scenarioId);
  const idempotencyKey = input.idempotencyKey ?? '';
  const earlier = await database.interaction.findUniqueOrThrow({
    where: { userId_idempotencyKey: { userId, idempotencyKey } },
  });
  return sameInteraction(earlier, { itemId, scenarioId, type: input.type, value: input.value ?? null });
}

function checkInteraction(scale: RatingScale, { type, value, ...input }: InteractionInput): void {
  checkExternalId('userId', input.userId);
  checkExternalId('itemId', input.itemId);
  if (input.scenarioId != null) checkExternalId('scenarioId', input.scenarioId);
  if (input.idempotencyKey != null) checkIdempotencyKey(input.idempotencyKey);
  if (input.occurredAt != null) checkOccurredAt(input.occurredAt);
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

function checkIdempotencyKey(key: string): void {
  checkExternalId('idempotencyKey', key);
  if (!key.startsWith(importedKeyPrefix)) return;
  throw new WarmstartError(
    'BAD_USER_INPUT',
    `idempotencyKey: "${importedKeyPrefix}" begins the keys of bulk loads; choose another`,
  );
}

/** Clocks differ, but nobody reports what happens the day after tomorrow, or happened before there were clocks to ask. */
function checkOccurredAt(time: Date): void {
  const latest = Date.now() + 24 * 60 * 60 * 1000;
  if (time.getTime() >= 0 && time.getTime() <= latest) return;
  throw new WarmstartError(
    'BAD_USER_INPUT',
    `occurredAt: expected a time from 1970 to now, got ${time.toISOString()}`,
  );
}

async function findScenarioId(database: Database, externalId: string): Promise<number> {
  const scenario = await database.scenario.findUnique({ where: { externalId }, select: { id: true } });
  return scenario?.id ?? notFound('SCENARIO_NOT_FOUND', 'scenario', externalId);
}

function notFound(
  code: 'USER_NOT_FOUND' | 'ITEM_NOT_FOUND' | 'SCENARIO_NOT_FOUND',
  kind: string,
  id: string,
): never {
  throw new WarmstartError(code, `there is no ${kind} with the id ${JSON.stringify(id)}`);
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
