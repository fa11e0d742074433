import { setImmediate } from 'node:timers/promises';
import { type SupportSet, selectEmbeddings } from '../models/recommender.ts';
import type { AdaptedTask } from '../serving/adapted-model.ts';
import type { ServedModel } from '../serving/served-models.ts';
import type { Support } from '../serving/support.ts';
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
 * Each interaction costs one adaptation, with a turn of the event loop after each.
 */
export async function influencesOn(
  model: ServedModel,
  { support, set }: AdaptedTask,
  pair: ScoredPair,
  score: number,
): Promise<SupportInfluence[]> {
  const influences: SupportInfluence[] = [];
  for (let row = support.known - 1; row >= Math.max(0, support.known - maxLeftOut); row--) {
    const without = await model.recommender.adapt(leaveOut(support, set, row));
    influences.push({
      userId: support.userIds[row] || null,
      itemId: support.ids[row] as number,
      label: support.labels[row] as number,
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

function leaveOut({ ids, negatives }: Support, { users, items, labels, types }: SupportSet, row: number): SupportSet {
  const rows = [...ids.keys()].filter((other) => other !== row && other !== negatives[row]);
  return {
    users: users.rows === 1 ? users : selectEmbeddings(users, rows),
    items: selectEmbeddings(items, rows),
    labels: Float32Array.from(rows, (kept) => labels[kept] as number),
    ...(types && { types: Uint8Array.from(rows, (kept) => types[kept] as number) }),
  };
}
