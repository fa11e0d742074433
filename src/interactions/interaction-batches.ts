import type { KnownInteraction } from './known-interactions.ts';

/**
 * Joins and cuts groups of interactions into batches of at most `rows`, in the same order. A cut is between two users,
 * unless a user alone fills a batch, so that consecutive batches of a dataset that is ordered by users share no user.
 */
export async function* interactionBatches(
  groups: AsyncIterable<readonly KnownInteraction[]>,
  rows: number,
): AsyncGenerator<KnownInteraction[]> {
  let batch: KnownInteraction[] = [];
  for await (const group of groups) {
    for (const interaction of group) {
      if (batch.length === rows) {
        const cut = startOfLast(batch, interaction.userId) || rows;
        yield batch.slice(0, cut);
        batch = batch.slice(cut);
      }
      batch.push(interaction);
    }
  }
  if (batch.length > 0) yield batch;
}

/** Returns where the interactions of a user at the end of a batch begin. */
function startOfLast(batch: readonly KnownInteraction[], userId: number): number {
  return batch.findLastIndex((interaction) => interaction.userId !== userId) + 1;
}
