import { externalIdProblem } from '../catalog/external-id.ts';
import type { RatingScale } from '../catalog/interaction-value.ts';
import { interactionValueProblem } from '../catalog/interaction-value.ts';
import { type FieldPath, inputError, type WarmstartError } from '../common/errors.ts';
import type { InteractionType } from '../store/database.ts';

/** An interaction as a client reports it; ids are the client's. */
export interface InteractionInput {
  readonly user: string;
  readonly item: string;
  readonly scenario?: string | null | undefined;
  readonly type: InteractionType;
  readonly value?: number | null | undefined;
  /** When it happened; now, unless told. */
  readonly occurredAt?: Date | null | undefined;
  /** The same key of the same user is recorded once, however often it is sent. */
  readonly idempotencyKey?: string | null | undefined;
}

/** Keys that bulk loads give; a client's may not begin so. */
export const importedKeyPrefix = 'import:';

/** All that is wrong with an interaction, at `path`, before anybody has looked for what it names. */
export function interactionFaults(
  scale: RatingScale,
  input: InteractionInput,
  path: FieldPath,
): WarmstartError[] {
  const { user, item, scenario, idempotencyKey, occurredAt } = input;
  const faults: Record<string, string | undefined> = {
    user: externalIdProblem(user),
    item: externalIdProblem(item),
    scenario: scenario == null ? undefined : externalIdProblem(scenario),
    idempotencyKey: idempotencyKey == null ? undefined : keyFault(idempotencyKey),
    occurredAt: occurredAt == null ? undefined : timeFault(occurredAt),
    value: interactionValueProblem(scale, input.type, input.value),
  };
  return Object.entries(faults).flatMap(([field, fault]) =>
    fault ? [inputError([...path, field], fault)] : [],
  );
}

function keyFault(key: string): string | undefined {
  if (key.startsWith(importedKeyPrefix))
    return `"${importedKeyPrefix}" begins the keys of bulk loads; choose another`;
  return externalIdProblem(key);
}

/** Clocks differ, but nobody reports what happens the day after tomorrow, or happened before there were clocks to ask. */
function timeFault(time: Date): string | undefined {
  const latest = Date.now() + 24 * 60 * 60 * 1000;
  if (time.getTime() >= 0 && time.getTime() <= latest) return undefined;
  return `expected a time from 1970 to now, got ${time.toISOString()}`;
}
