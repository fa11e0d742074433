/**
 * What the support sets of a model have: pairs with their `labels`, such as ratings; or `positives`, which are labelled 1
 * whatever the interaction was, alone or with as many negatives after them, labelled 0.
 */
export const supportKinds = ['labels', 'positives', 'positivesAndNegatives'] as const;
export type SupportKind = (typeof supportKinds)[number];
