import { externalIdProblem } from '../catalog/external-id.ts';
import { interactionTypeProblem, interactionValueProblem, type RatingScale } from '../catalog/interaction-value.ts';
import { type FieldPath, inputError, quote, type WarmstartError } from '../common/errors.ts';
import { InteractionTypes } from '../features/interaction-types.ts';
import { readTime, timeForms } from './occurred-at.ts';

/** An interaction as a client reports it, with external IDs. */
export interface InteractionInput {
  readonly user: string;
  readonly item: string;
  readonly scenario?: string | null | undefined;
  /** The name of a declared type. */
  readonly type: string;
  readonly value?: number | null | undefined;
  /** When it happened. Default: now. */
  readonly occurredAt?: Date | null | undefined;
  /** An interaction with the same user and key is recorded only once. */
  readonly idempotencyKey?: string | null | undefined;
}

/** An interaction as it comes: its time can be anything, see `readTime`. */
export type GivenInteraction = Omit<InteractionInput, 'occurredAt'> & { readonly occurredAt?: unknown };

/** What interactions are checked against. */
export interface InteractionRules {
  readonly ratingScale: RatingScale;
  /** The declared types. Default: those that every platform has. */
  readonly types?: InteractionTypes;
}

/** Returns all errors of an interaction at `path` that can be found without the database. */
export function interactionErrors(
  { ratingScale, types = new InteractionTypes() }: InteractionRules,
  input: GivenInteraction,
  path: FieldPath,
): WarmstartError[] {
  const { user, item, scenario, idempotencyKey, occurredAt } = input;
  const errors: Record<string, string | undefined> = {
    user: externalIdProblem(user),
    item: externalIdProblem(item),
    scenario: scenario == null ? undefined : externalIdProblem(scenario),
    idempotencyKey: idempotencyKey == null ? undefined : externalIdProblem(idempotencyKey),
    occurredAt: occurredAt == null ? undefined : timeProblem(occurredAt),
    type: interactionTypeProblem(types, input.type),
    value: interactionValueProblem(ratingScale, input.type, input.value),
  };
  return Object.entries(errors).flatMap(([field, problem]) => (problem ? [inputError([...path, field], problem)] : []));
}

/** Allows for differences between clocks, but refuses times far in the future and before 1970. */
function timeProblem(given: unknown): string | undefined {
  const time = readTime(given);
  if (!time) return `expected ${timeForms}, got ${quote(given)}`;
  const latest = Date.now() + 24 * 60 * 60 * 1000;
  if (time.getTime() >= 0 && time.getTime() <= latest) return undefined;
  return `expected a time from 1970 to one day from now, got ${time.toISOString()}`;
}
