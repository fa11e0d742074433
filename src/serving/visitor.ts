import { checkFeatures } from '../catalog/check-features.ts';
import { externalIdProblem } from '../catalog/external-id.ts';
import { interactionValueProblem, type RatingScale } from '../catalog/interaction-value.ts';
import { inputError, notFound } from '../common/errors.ts';
import type { FeatureField, Features } from '../features/feature-schema.ts';
import { isPositive, typeIndex } from '../features/feedback.ts';
import { type Database, type InteractionType, sql } from '../store/database.ts';
import {
  type History,
  type HistoryRequest,
  isPairwise,
  type Recipient,
  type Visitor,
  type VisitorInteraction,
} from './recipient.ts';
import { digest } from './shared-reads.ts';

export const maxVisitorInteractions = 100;

/** The path to a visitor's interactions in a request's arguments. */
const path = ['for', 'visitor', 'interactions'];

/** An interaction with an item of the catalog. */
interface KnownInteraction {
  readonly itemId: number;
  readonly revision: number;
  readonly type: InteractionType;
  readonly value: number | null;
}

/** What a visitor's features and interactions are validated against. */
export interface VisitorChecks {
  readonly database: Database;
  readonly scale: RatingScale;
  readonly readFields: () => Promise<readonly FeatureField[]>;
}

/**
 * Returns a visitor as a recipient. Nothing about a visitor is stored. For models, a visitor is the same as a stored
 * user with these features and exactly these interactions who was not in the training data.
 *
 * Throws BAD_USER_INPUT if features or values could not be stored, and ITEM_NOT_FOUND with the field of the
 * interaction.
 */
export async function visitingRecipient(
  { database, scale, readFields }: VisitorChecks,
  { features: known, interactions = [] }: Visitor,
): Promise<Recipient> {
  const features = known ?? {};
  checkInteractions(scale, interactions);
  const fields = Object.keys(features).length > 0 ? await readFields() : [];
  checkFeatures(fields, 'user', features, ['for', 'visitor', 'features']);
  const items = await findItems(database, interactions);
  const idsOf = (some: readonly KnownInteraction[]) =>
    sql`SELECT unnest(${[...new Set(some.map(({ itemId }) => itemId))]}::int[])`;
  return {
    key: `visitor ${digest([features, interactions])}`,
    // The ID of a stored user is never empty.
    entity: { id: '', features: features as Features },
    userId: null,
    watermark: 0n,
    firstItemId: items[0]?.itemId ?? null,
    seenBy: (types) => idsOf(items.filter(({ type }) => types.includes(type))),
    interacted: idsOf(items),
    readHistory: async (request) => historyOf(items, request),
  };
}

/** Does the same as `readHistory` of a stored user. */
function historyOf(
  interactions: readonly KnownInteraction[],
  { support, limit, positiveFrom }: HistoryRequest,
): History {
  const latest = new Map<string, KnownInteraction>();
  for (const interaction of interactions) {
    const { itemId, type } = interaction;
    if (support === 'labels' && type !== 'RATE') continue;
    const key = support === 'feedback' ? `${itemId} ${type}` : String(itemId);
    // A later interaction moves to the end.
    latest.delete(key);
    latest.set(key, interaction);
  }
  const isKept = ({ type, value }: KnownInteraction) =>
    !isPairwise(support) || isPositive(typeIndex(type), value ?? 0, positiveFrom);
  const recent = [...latest.values()].filter(isKept).slice(-limit);
  return {
    ids: recent.map(({ itemId }) => itemId),
    revisions: recent.map(({ revision }) => revision),
    types: recent.map(({ type }) => type),
    values: recent.map(({ value }) => value),
  };
}

async function findItems(database: Database, interactions: readonly VisitorInteraction[]): Promise<KnownInteraction[]> {
  if (interactions.length === 0) return [];
  const rows = await database.item.findMany({
    where: { externalId: { in: [...new Set(interactions.map(({ item }) => item))] } },
    select: { id: true, externalId: true, revision: true },
  });
  const byId = new Map(rows.map((row) => [row.externalId, row]));
  return interactions.map(({ item, type, value = null }, index) => {
    const row = byId.get(item);
    if (row) return { itemId: row.id, revision: row.revision, type, value };
    throw notFound('item', item, [...path, index, 'item']);
  });
}

function checkInteractions(scale: RatingScale, interactions: readonly VisitorInteraction[]): void {
  if (interactions.length > maxVisitorInteractions)
    throw inputError(path, `expected at most ${maxVisitorInteractions}, got ${interactions.length}`);
  for (const [index, { item, type, value }] of interactions.entries()) {
    const itemProblem = externalIdProblem(item);
    if (itemProblem) throw inputError([...path, index, 'item'], itemProblem);
    const valueProblem = interactionValueProblem(scale, type, value);
    if (valueProblem) throw inputError([...path, index, 'value'], valueProblem);
  }
}
