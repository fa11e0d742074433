import { checkFeatures, plainFeatures } from '../catalog/check-features.ts';
import { externalIdProblem } from '../catalog/external-id.ts';
import { interactionTypeProblem, interactionValueProblem, type RatingScale } from '../catalog/interaction-value.ts';
import { inputError } from '../common/errors.ts';
import type { InteractionTypes } from '../features/interaction-types.ts';
import type { LiveCatalog } from '../live-catalog/live-catalog.ts';
import { digest } from './digest.ts';
import type { Recipient, Visitor, VisitorInteraction } from './recipient.ts';

export const maxVisitorInteractions = 100;

/** The path to a visitor's interactions in a request's arguments. */
const path = ['for', 'visitor', 'interactions'];

/**
 * Returns a visitor as a recipient. Nothing about a visitor is stored. For models, a visitor is the same as a stored
 * user with these features and exactly these interactions who was not in the training data. Interactions count as
 * happening at the same time unless all of them have times. Interactions with unknown items do not count: an item that
 * was deleted must not cost the visitor the list.
 *
 * Throws BAD_USER_INPUT if features or values could not be stored.
 */
export function visitingRecipient(
  catalog: LiveCatalog,
  scale: RatingScale,
  { features: given, interactions = [] }: Visitor,
): Recipient {
  const features = given ?? {};
  checkInteractions(catalog.types, scale, interactions);
  checkFeatures(catalog.fields, 'user', features, ['for', 'visitor', 'features']);
  const rowOf = ({ item }: VisitorInteraction) => catalog.items.rowOfExternalId(item);
  const known = inTime(interactions.filter((interaction) => rowOf(interaction) !== undefined));
  const unknown = interactions.filter((interaction) => rowOf(interaction) === undefined);
  const times = timesOf(known);
  return {
    key: `visitor ${digest([features, interactions])}`,
    // The ID of a stored user is never empty.
    entity: { id: '', features: plainFeatures(catalog.fields, 'user')(features) },
    userId: null,
    watermark: 0n,
    history: {
      rows: known.map((interaction) => rowOf(interaction) as number),
      types: known.map(({ type }) => catalog.types.indexOf(type) as number),
      values: known.map(({ value = null }) => value),
      opinions: known.map(({ type, value = null }) => {
        return catalog.types.opinionOf(catalog.types.indexOf(type) as number, value);
      }),
      ...(times && { times }),
    },
    unknownItems: [...new Set(unknown.map(({ item }) => item))],
  };
}

/** Returns the interactions in the order of time; as they are, unless all have times. */
function inTime(interactions: readonly VisitorInteraction[]): readonly VisitorInteraction[] {
  const times = timesOf(interactions);
  if (!times) return interactions;
  // The sort is stable: those with the same time keep their order.
  return [...interactions.keys()]
    .sort((a, b) => (times[a] as number) - (times[b] as number))
    .map((place) => interactions[place] as VisitorInteraction);
}

/** Returns `undefined` unless all interactions have times. */
function timesOf(interactions: readonly VisitorInteraction[]): number[] | undefined {
  const times = interactions.flatMap(({ occurredAt }) => occurredAt?.getTime() ?? []);
  return times.length === interactions.length ? times : undefined;
}

function checkInteractions(
  types: InteractionTypes,
  scale: RatingScale,
  interactions: readonly VisitorInteraction[],
): void {
  if (interactions.length > maxVisitorInteractions)
    throw inputError(path, `expected at most ${maxVisitorInteractions}, got ${interactions.length}`);
  for (const [index, { item, type, value }] of interactions.entries()) {
    const itemProblem = externalIdProblem(item);
    if (itemProblem) throw inputError([...path, index, 'item'], itemProblem);
    const typeProblem = interactionTypeProblem(types, type);
    if (typeProblem) throw inputError([...path, index, 'type'], typeProblem);
    const valueProblem = interactionValueProblem(scale, type, value);
    if (valueProblem) throw inputError([...path, index, 'value'], valueProblem);
  }
}
