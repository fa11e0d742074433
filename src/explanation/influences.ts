import { setImmediate } from 'node:timers/promises';
import { type SupportSet, selectEmbeddings } from '../models/recommender.ts';
import type { AdaptedTask } from '../serving/adapted-model.ts';
import type { ServedModel } from '../serving/served-models.ts';
import type { ServingSession } from '../serving/serving-session.ts';
import type { Support } from '../serving/support.ts';
import { selectElements } from '../tasks/select-pairs.ts';
import { type ScoredPair, scoreItem } from './explained-item.ts';

/** A known interaction and its effect on a score. */
export interface SupportInfluence {
  /** `null` for a visitor. */
  readonly userId: number | null;
  readonly itemId: number;
  readonly label: number;
  /** The score minus the score without this interaction. */
  readonly effect: number;
}

/** Maximum number of interactions, the latest ones, that are left out in turn. */
const maxLeftOut = 200;

/**
 * Returns the effect of each of the latest known interactions on the score of an item, the largest effect first. For
 * each interaction, the model adapts to the support set without it and scores the item again. The negative drawn for
 * the interaction is removed too. No other interaction takes its place, and it does not become a negative.
 *
 * Each interaction costs one adaptation, with a turn of the event loop after each. Throws when the time of the session
 * is over.
 */
export async function influencesOn(
  session: ServingSession,
  model: ServedModel,
  { support, set }: AdaptedTask,
  { score, ...pair }: ScoredPair & { readonly score: number },
): Promise<SupportInfluence[]> {
  const { ids } = session.platform.catalog.items;
  const influences: SupportInfluence[] = [];
  for (let place = support.known - 1; place >= Math.max(0, support.known - maxLeftOut); place--) {
    session.check();
    const without = await model.recommender.adapt(leaveOut(support, set, place));
    influences.push({
      userId: support.userIds[place] || null,
      itemId: ids[support.rows[place] as number] as number,
      label: support.labels[place] as number,
      effect: score - (await scoreItem(model, without, pair)),
    });
    await setImmediate();
  }
  return largestFirst(influences);
}

/** Sorts influences by the size of their effects. */
export function largestFirst(influences: readonly SupportInfluence[]): SupportInfluence[] {
  return influences.toSorted((a, b) => Math.abs(b.effect) - Math.abs(a.effect));
}

function leaveOut(
  { rows, negatives }: Support,
  { users, items, labels, types, opinions, amounts, ages }: SupportSet,
  place: number,
): SupportSet {
  const others = [...rows.keys()].filter((other) => other !== place && other !== negatives[place]);
  return {
    users: users.rows === 1 ? users : selectEmbeddings(users, others),
    items: selectEmbeddings(items, others),
    labels: selectElements(labels, others),
    ...(types && { types: selectElements(types, others) }),
    ...(opinions && { opinions: selectElements(opinions, others) }),
    ...(amounts && { amounts: selectElements(amounts, others) }),
    ...(ages && { ages: selectElements(ages, others) }),
  };
}
