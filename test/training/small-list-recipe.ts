/** A recipe of CMML that ranks the catalog, without leans. It learns planted data in a few seconds. */
export function smallListRecipe(closedForm: object, epochs: number) {
  return {
    kind: 'cmml',
    ids: ['item'],
    config: { objective: 'softmax', vectorWidth: 8, novelty: 0, rarity: 0, closedForm },
    options: {
      epochs,
      tasksPerStep: 16,
      learningRate: 0.02,
      validationShare: 0,
      episodes: { supportPairs: 8, minimumPairs: 2, shortSupportPairs: 4 },
    },
  } as const;
}
