import type { RatingScale } from '../../src/catalog/interaction-value.ts';
import type { InteractionInput as BatchedInput } from '../../src/interactions/check-interaction.ts';
import { recordInteractions } from '../../src/interactions/record-interactions.ts';
import type { Database, Interaction } from '../../src/store/database.ts';

/** One interaction in the short form that tests use. */
export interface InteractionInput extends Pick<BatchedInput, 'type' | 'value' | 'occurredAt' | 'idempotencyKey'> {
  readonly userId: string;
  readonly itemId: string;
  readonly scenarioId?: string | null;
}

/** Records one interaction. Throws the first error. */
export async function recordInteraction(
  database: Database,
  scale: RatingScale,
  { userId, itemId, scenarioId, ...rest }: InteractionInput,
): Promise<{ interaction: Interaction; recorded: boolean }> {
  const input = { user: userId, item: itemId, scenario: scenarioId, ...rest };
  const { results, errors } = await recordInteractions(database, scale, [input]);
  if (errors[0]) throw errors[0];
  const { interaction, recorded } = results[0]!;
  return { interaction: interaction!, recorded };
}
