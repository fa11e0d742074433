import { setImmediate } from 'node:timers/promises';
import { selectEmbeddings } from '../models/embedding/select-embeddings.ts';
import type { Embeddings, SupportSet } from '../models/recommender.ts';
import type { AdaptedTask } from '../serving/adapted-model.ts';
import type { ServedModel } from '../serving/served-models.ts';
import type { Support } from '../serving/support.ts';
import { scoreItem } from './explained-item.ts';

/** A known interaction, and what it does to a score. */
export interface SupportInfluence {
  /** `null` for a visitor's. */
  readonly userId: number | null;
  readonly itemId: number;
  readonly label: number;
  /** The score, less the score without this interaction. */
  readonly effect: number;
}

/** Of more known interactions, this many of the latest are left out, one after another. */
const maxLeftOut = 200;

/**
 * What each of the latest known interactions does to the score of an item, those first that do most: the model is adapted
 * to the support set without the interaction, and scores the item again. Nothing takes its place in the support set. The negative that was drawn
 * for its sake goes with it, and what is left out does not become a negative of the others.
 *
 * Costs an adaptation for each; the event loop has its turn between two.
 */
export async function influencesOn(
  model: ServedModel,
  { support, set }: AdaptedTask,
  user: Embeddings,
  item: Embeddings,
  score: number,
): Promise<SupportInfluence[]> {
  const influences: SupportInfluence[] = [];
  for (let row = support.known - 1; row >= Math.max(0, support.known - maxLeftOut); row--) {
    const without = await model.recommender.adapt(leaveOut(support, set, row));
    influences.push({
      userId: support.userIds[row] || null,
      itemId: support.ids[row] as number,
      label: support.labels[row] as number,
      effect: score - (await scoreItem(model, without, user, item)),
    });
    await setImmediate();
  }
  return influences.sort((a, b) => Math.abs(b.effect) - Math.abs(a.effect));
}

function leaveOut(
  { ids, negatives }: Support,
  { users, items, labels }: SupportSet,
  row: number,
): SupportSet {
  const rows = [...ids.keys()].filter((other) => other !== row && other !== negatives[row]);
  return {
    users: users.rows === 1 ? users : selectEmbeddings(users, rows),
    items: selectEmbeddings(items, rows),
    labels: Float32Array.from(rows, (kept) => labels[kept] as number),
  };
}
