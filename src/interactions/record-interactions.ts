import { batchSizeFault } from '../catalog/check-batch.ts';
import type { RatingScale } from '../catalog/interaction-value.ts';
import { inputError, notFound, quote, type WarmstartError } from '../common/errors.ts';
import type { Database, Interaction } from '../store/database.ts';
import { type InteractionInput, interactionFaults } from './check-interaction.ts';
import { interactionsByIdempotencyKey } from './find-interactions.ts';
import { type InsertedInteraction, insertInteractions } from './insert-interactions.ts';

/** What became of one interaction of a batch. */
export interface RecordedInteraction {
  /** `null` when it was not stored; a fault says why. */
  readonly interaction: Interaction | null;
  /** False when it was not stored, or its idempotency key had been recorded before. */
  readonly recorded: boolean;
}

export interface RecordedBatch {
  /** For each interaction of the input, in order; none when there were too many, or none. */
  readonly results: readonly RecordedInteraction[];
  readonly faults: readonly WarmstartError[];
}

const refused: RecordedInteraction = { interaction: null, recorded: false };

/**
 * Stores up to 500 interactions in their order, each or not on its own, in one statement, or two where idempotency keys come again.
 *
 * Faults have the codes BAD_USER_INPUT for a value that does not fit, USER_, ITEM_ or SCENARIO_NOT_FOUND, and
 * IDEMPOTENCY_CONFLICT when the key was used for another interaction of this user.
 */
export async function recordInteractions(
  database: Database,
  scale: RatingScale,
  inputs: readonly InteractionInput[],
): Promise<RecordedBatch> {
  const size = batchSizeFault(['interactions'], inputs);
  if (size) return { results: [], faults: [size] };
  const faults = inputs.map((input, index) => interactionFaults(scale, input, ['interactions', index]));
  const accepted = [...inputs.keys()].filter((index) => faults[index]?.length === 0);
  const inserted = await insertInteractions(
    database,
    accepted.map((index) => inputs[index] as InteractionInput),
  );
  const earlier = await earlierOf(database, inserted);
  const results = inputs.map(() => refused);
  for (const [place, row] of inserted.entries()) {
    const index = accepted[place] as number;
    const outcome = outcomeOf(inputs[index] as InteractionInput, row, earlier, index);
    if (Array.isArray(outcome)) faults[index] = outcome;
    else results[index] = outcome;
  }
  return { results, faults: faults.flat() };
}

/** Interactions by their users and keys, as `keyOf` has them. */
type Earlier = ReadonlyMap<string, Interaction>;

/** Those that took the keys of the rows that were not stored, though all that they name is there. */
async function earlierOf(database: Database, rows: readonly InsertedInteraction[]): Promise<Earlier> {
  const repeated = rows.filter(({ interaction, userId, idempotencyKey }) => {
    return interaction === null && userId !== null && idempotencyKey !== null;
  });
  if (repeated.length === 0) return new Map();
  const found = await interactionsByIdempotencyKey(
    database,
    repeated.map(({ userId, idempotencyKey }) => [userId as number, idempotencyKey as string]),
  );
  return new Map(found.map((interaction) => [keyOf(interaction), interaction]));
}

function keyOf({ userId, idempotencyKey }: { userId: number | null; idempotencyKey: string | null }): string {
  return `${userId}:${idempotencyKey}`;
}

function outcomeOf(
  input: InteractionInput,
  row: InsertedInteraction,
  earlier: Earlier,
  index: number,
): RecordedInteraction | WarmstartError[] {
  const path = ['interactions', index];
  if (row.interaction) return { interaction: row.interaction, recorded: true };
  const missing = [
    ...(row.userId === null ? [notFound('user', input.user, [...path, 'user'])] : []),
    ...(row.itemId === null ? [notFound('item', input.item, [...path, 'item'])] : []),
    ...(input.scenario != null && row.scenarioId === null
      ? [notFound('scenario', input.scenario, [...path, 'scenario'])]
      : []),
  ];
  if (missing.length > 0) return missing;
  const known = earlier.get(keyOf(row));
  // Gone with its user, a moment ago.
  if (!known) return [notFound('user', input.user, [...path, 'user'])];
  const repeated = {
    ...row,
    type: input.type,
    value: input.value ?? null,
    // When nothing is told, it is what it was.
    occurredAt: input.occurredAt ?? known.occurredAt,
  };
  const difference = differenceOf(known, repeated);
  if (difference === undefined) return { interaction: known, recorded: false };
  const message = `${quote(known.idempotencyKey)} was recorded with another ${difference}; use a new key for a new interaction`;
  return [inputError([...path, 'idempotencyKey'], message, 'IDEMPOTENCY_CONFLICT')];
}

const content = {
  item: 'itemId',
  scenario: 'scenarioId',
  type: 'type',
  value: 'value',
  occurredAt: 'occurredAt',
} as const;
type Content = Record<(typeof content)[keyof typeof content], unknown>;

/** The first part of the content in which what a repeated key stands for is not what it stood for. */
function differenceOf(earlier: Content, repeated: Content): string | undefined {
  return Object.entries(content).find(
    ([, column]) => plain(earlier[column]) !== plain(repeated[column]),
  )?.[0];
}

function plain(value: unknown): unknown {
  return value instanceof Date ? value.getTime() : value;
}
