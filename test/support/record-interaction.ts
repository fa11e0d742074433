import type { RatingScale } from '../../src/catalog/interaction-value.ts';
import type { InteractionInput as BatchedInput } from '../../src/interactions/check-interaction.ts';
import { InteractionWriter } from '../../src/interactions/interaction-writer.ts';
import { recordInteractions } from '../../src/interactions/record-interactions.ts';
import type { Interaction } from '../../src/store/database.ts';
import type { Connections } from '../../src/store/prepared.ts';

/** One interaction in the short form that tests use. */
export interface InteractionInput extends Pick<BatchedInput, 'type' | 'value' | 'occurredAt' | 'idempotencyKey'> {
  readonly userId: string;
  readonly itemId: string;
  readonly scenarioId?: string | null;
}

/** Records one interaction. Throws the first error. */
export async function recordInteraction(
  connections: Connections,
  scale: RatingScale,
  { userId, itemId, scenarioId, ...rest }: InteractionInput,
): Promise<{ interaction: Interaction; recorded: boolean }> {
  const input = { user: userId, item: itemId, scenario: scenarioId, ...rest };
  const { results, errors } = await recordInteractions(new InteractionWriter(connections), { ratingScale: scale }, [
    input,
  ]);
  if (errors[0]) throw errors[0];
  const { interaction, recorded } = results[0]!;
  return { interaction: interaction!, recorded };
}
