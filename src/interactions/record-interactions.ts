import { batchSizeError } from '../catalog/check-batch.ts';
import { inputError, notFound, quote, type WarmstartError } from '../common/errors.ts';
import type { Interaction } from '../store/database.ts';
import type { Connections } from '../store/prepared.ts';
import {
  type GivenInteraction,
  type InteractionInput,
  type InteractionRules,
  interactionErrors,
} from './check-interaction.ts';
import { type Creation, createMissing } from './create-missing.ts';
import { interactionsByIdempotencyKey } from './find-interactions.ts';
import type { InsertedInteraction } from './insert-interactions.ts';
import type { InteractionWriter } from './interaction-writer.ts';
import { readTime } from './occurred-at.ts';

/** The result of one interaction of a batch. */
export interface RecordedInteraction {
  /** `null` if it was not stored; an error tells why. */
  readonly interaction: Interaction | null;
  /** False if it was not stored, or if its idempotency key had already been recorded. */
  readonly recorded: boolean;
}

export interface RecordedBatch {
  /** One result for each interaction, in order; empty if there were too many or none. */
  readonly results: readonly RecordedInteraction[];
  readonly errors: readonly WarmstartError[];
}

const refused: RecordedInteraction = { interaction: null, recorded: false };

/**
 * Stores up to 500 interactions in their order, each independently of the others, with one statement, or two if
 * idempotency keys repeat. Concurrent calls share statements. First creates what `creation` says and what the
 * interactions to store lack, with a statement that finds it, and one each for users and items.
 *
 * Errors have the codes BAD_USER_INPUT for an invalid value or a type that is not declared, USER_NOT_FOUND,
 * ITEM_NOT_FOUND, SCENARIO_NOT_FOUND, and IDEMPOTENCY_CONFLICT if the key was used for a different interaction of the
 * same user.
 */
export async function recordInteractions(
  writer: InteractionWriter,
  rules: InteractionRules,
  given: readonly GivenInteraction[],
  creation?: Creation,
): Promise<RecordedBatch> {
  const size = batchSizeError(['interactions'], given);
  if (size) return { results: [], errors: [size] };
  const errors = given.map((input, index) => interactionErrors(rules, input, ['interactions', index]));
  const inputs = given.map((input) => ({ ...input, occurredAt: readTime(input.occurredAt) }));
  const accepted = [...inputs.keys()].filter((index) => errors[index]?.length === 0);
  if (accepted.length === 0) return { results: inputs.map(() => refused), errors: errors.flat() };
  const valid = accepted.map((index) => inputs[index] as InteractionInput);
  if (creation) await createMissing(writer.connections, valid, creation);
  const inserted = await writer.insert(valid);
  const earlier = await earlierOf(writer.connections, inserted);
  const results = inputs.map(() => refused);
  for (const [place, row] of inserted.entries()) {
    const index = accepted[place] as number;
    const outcome = outcomeOf(inputs[index] as InteractionInput, row, earlier, index, creation);
    if (Array.isArray(outcome)) errors[index] = outcome;
    else results[index] = outcome;
  }
  return { results, errors: errors.flat() };
}

/** Interactions by user and idempotency key, in the format of `keyOf`. */
type Earlier = ReadonlyMap<string, Interaction>;

/**
 * Reads the interactions that already have the keys of rows that were not stored although everything they refer to
 * exists.
 */
async function earlierOf(connections: Connections, rows: readonly InsertedInteraction[]): Promise<Earlier> {
  const repeated = rows.filter(({ interaction, userId, idempotencyKey }) => {
    return interaction === null && userId !== null && idempotencyKey !== null;
  });
  if (repeated.length === 0) return new Map();
  const found = await interactionsByIdempotencyKey(
    connections,
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
  creation?: Creation,
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
  const known = earlier.get(keyOf(row));
  // The item is not created because the key was used for another one.
  const lacksOnlyItem = missing.length === 1 && row.itemId === null;
  if (missing.length > 0 && !(known && creation?.items && lacksOnlyItem)) return reasonsOf(missing, creation);
  // The interaction has just been deleted together with its user.
  if (!known) return [notFound('user', input.user, [...path, 'user'])];
  const repeated = {
    ...row,
    type: input.type,
    value: input.value ?? null,
    // Without a time in the input, the recorded time counts as equal.
    occurredAt: input.occurredAt ?? known.occurredAt,
  };
  const difference = differenceOf(known, repeated);
  if (difference === undefined) return { interaction: known, recorded: false };
  const message = `${quote(known.idempotencyKey)} was recorded with a different ${difference}; use a new key for a new interaction`;
  return [inputError([...path, 'idempotencyKey'], message, 'IDEMPOTENCY_CONFLICT')];
}

/** A user or an item that would be created is missing only because of the other reasons, if there are any. */
function reasonsOf(missing: WarmstartError[], creation: Creation | undefined): WarmstartError[] {
  const created = [...(creation?.users ? ['USER_NOT_FOUND'] : []), ...(creation?.items ? ['ITEM_NOT_FOUND'] : [])];
  return created.reduce((left, name) => (left.length > 1 ? left.filter(({ code }) => code !== name) : left), missing);
}

const content = {
  item: 'itemId',
  scenario: 'scenarioId',
  type: 'type',
  value: 'value',
  occurredAt: 'occurredAt',
} as const;
type Content = Record<(typeof content)[keyof typeof content], unknown>;

/** Returns the first field in which an interaction differs from the recorded one with the same key. */
function differenceOf(earlier: Content, repeated: Content): string | undefined {
  return Object.entries(content).find(([, column]) => plain(earlier[column]) !== plain(repeated[column]))?.[0];
}

function plain(value: unknown): unknown {
  return value instanceof Date ? value.getTime() : value;
}
