import { inputError, quote, WarmstartError } from '../common/errors.ts';
import type { GivenInteraction } from './check-interaction.ts';

/**
 * Reads an interaction from a line of JSON, with the fields and types of `InteractionInput` in `schema.graphql`. Throws
 * BAD_USER_INPUT if the line is no JSON object, has an unknown field, lacks one, or has a value of another type.
 */
export function readInteractionLine(line: string): GivenInteraction {
  const given = objectOf(line);
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(readers, name));
  if (unknown !== undefined) {
    const message = `expected one of the fields ${Object.keys(readers).join(', ')}, got ${quote(unknown)}`;
    throw new WarmstartError('BAD_USER_INPUT', message);
  }
  return Object.fromEntries(
    Object.entries(readers).map(([name, read]) => [name, read(given[name], name)]),
  ) as unknown as GivenInteraction;
}

/** One for each field. */
const readers = {
  user: required(id),
  item: required(id),
  scenario: optional(id),
  type: required(text),
  value: optional(number),
  occurredAt: optional(time),
  idempotencyKey: optional(text),
} satisfies Record<keyof GivenInteraction, Read<unknown>>;

type Read<T> = (value: unknown, field: string) => T;

function objectOf(line: string): Record<string, unknown> {
  let given: unknown;
  try {
    given = JSON.parse(line);
  } catch (error) {
    throw new WarmstartError(
      'BAD_USER_INPUT',
      `expected a line of JSON, got ${quote(line)}: ${(error as Error).message}`,
    );
  }
  if (kindOf(given) === 'an object') return given as Record<string, unknown>;
  throw new WarmstartError('BAD_USER_INPUT', `expected a JSON object, got ${kindOf(given)}`);
}

function required<T>(read: Read<T>): Read<T> {
  return (value, field) => {
    if (value == null) throw inputError([field], 'expected a value, got none');
    return read(value, field);
  };
}

function optional<T>(read: Read<T>): Read<T | null> {
  return (value, field) => (value == null ? null : read(value, field));
}

/** Like IDs in GraphQL: whole numbers are taken as texts, unless JSON has rounded them. */
function id(value: unknown, field: string): string {
  if (typeof value === 'string') return value;
  if (Number.isSafeInteger(value)) return String(value);
  const rounded = `the number ${value}; send IDs as strings, since whole numbers above ${Number.MAX_SAFE_INTEGER} are rounded`;
  throw inputError([field], `expected a string as an ID, got ${typeof value === 'number' ? rounded : kindOf(value)}`);
}

function text(value: unknown, field: string): string {
  if (typeof value === 'string') return value;
  throw inputError([field], `expected a string, got ${kindOf(value)}`);
}

function number(value: unknown, field: string): number {
  if (typeof value === 'number') return value;
  throw inputError([field], `expected a number, got ${kindOf(value)}`);
}

function time(value: unknown, field: string): string | number {
  if (typeof value === 'string' || typeof value === 'number') return value;
  throw inputError([field], `expected a time as a string or a number, got ${kindOf(value)}`);
}

/** Objects are not quoted: they can be nested too deeply to be written. */
function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
