import { z } from 'zod';
import { parseConfiguration } from '../../../common/parse-configuration.ts';
import { maxInteractionTypes } from '../../../features/interaction-types.ts';
import { pairs, width } from '../../model-sizes.ts';
import { objectiveKinds } from '../../objectives.ts';
import { cmmlFields } from '../cmml-config.ts';
import { checkHyperWidths, modulationKinds, networkFields } from '../network-fields.ts';

/** See `NumberScale`. */
const amountScale = z.strictObject({
  mean: z.number(),
  deviation: z.number().positive(),
  logarithmic: z.literal(true).optional(),
  low: z.number().optional(),
  high: z.number().optional(),
});

/** The configuration of CMML that ranks the whole catalog: the objective is `softmax`. */
export const listConfigSchema = z
  .strictObject(
    {
      objective: z.literal('softmax'),
      /**
       * `linear`: the context is the task vector, and a score is its inner product with the item's vector (CMML eq. 9).
       * The others add the score of a network that the context modulates.
       */
      modulation: z.enum(modulationKinds).default('linear'),
      ...networkFields,
      /** Width of the learned task vectors and item vectors. */
      vectorWidth: width.default(64),
      /** The closed-form head, see `closed-form-head.ts`. */
      closedForm: z
        .strictObject({
          /** Width of its item factors. With 0, there is no such head. */
          width: z.int().min(0).max(1024).default(64),
          /** Its scores, which are near 1 for a likely item, are multiplied by this. */
          scale: z.number().min(0).default(12),
          /** The weight α₀ of pairs without an interaction. */
          unobservedWeight: z.number().positive().default(0.3),
          /** The weight λ of the L2 penalty, which grows with the number of interactions of a user or an item. */
          regularization: z.number().positive().default(0.01),
          iterations: z.int().positive().max(1000).default(8),
          /**
           * After this number of days, an interaction counts half. With 0, all count alike. Default: training chooses
           * it, see `fitHalfLife`.
           */
          halfLife: z.number().min(0).max(36_500).optional(),
        })
        .prefault({}),
      /** The rating head, see `rating-head.ts`. */
      ratingHead: z
        .strictObject({
          /**
           * The number of its factors. With 0, the model predicts no ratings; training sets 0 if there are no ratings.
           */
          width: z.int().min(0).max(256).default(16),
          /** Weight of the L2 penalty on factors. Ratings have mean 0 and deviation 1. */
          regularization: z.number().positive().default(7),
          /**
           * Weight of the L2 penalty on the biases of users and items: a bias counts like that of so many mean ratings.
           */
          biasRegularization: z.number().positive().default(4),
          iterations: z.int().positive().max(1000).default(8),
        })
        .prefault({}),
      /**
       * How far the list of a short history leans away from popular items, in units of the logarithm of an item's
       * count; see `noveltyOf`. With 0, nothing is changed.
       */
      novelty: z.number().min(0).max(1).default(0.45),
      /**
       * How far the list of a history of rare items leans away from popular items, in the same units; see `rarityOf`.
       * With 0, nothing is changed.
       */
      rarity: z.number().min(0).max(5).default(3),
      /** A user's features count like this number of interactions. */
      profileWeight: z.number().positive().default(2),
      /** Weight of the L2 penalty on the vectors of item IDs, in training. */
      itemPenalty: z.number().min(0).default(0.0005),
      /** Weight of the L2 penalty on the vectors of user features, in training. */
      profilePenalty: z.number().min(0).default(0.003),
      /** Ratings enter the network as `(rating − mean) / deviation`. */
      labels: z.strictObject({ mean: z.number(), deviation: z.number().positive() }).default({ mean: 0, deviation: 1 }),
      /**
       * The names of the types of interactions that training knew, in the order of their numbers. Older versions knew
       * these four.
       */
      types: z.array(z.string()).min(1).max(maxInteractionTypes).default(['RATE', 'VIEW', 'CLICK', 'PURCHASE']),
      /**
       * How the amounts of types are standardized, see `standardAmount`. Training sets it: a type has a scale if its
       * interactions have different values.
       */
      amounts: z.record(z.string(), amountScale).default({}),
      /** Whether the network reads the ages of interactions. Training sets it: the data must have their times. */
      ages: z.boolean().default(false),
      /** The smallest rating that counts as positive, for pairs without opinions. */
      positiveFrom: z.number().default(0),
      /** Maximum number of pairs in a support set. */
      supportLimit: pairs.default(1000),
      support: z.literal('feedback').default('feedback'),
    },
    { error: ofUnknownFields },
  )
  .check(checkHyperWidths);

export type ListConfig = z.output<typeof listConfigSchema>;

/** Returns the configuration with defaults. Throws INVALID_CONFIGURATION if it is invalid, see `parseConfiguration`. */
export function parseListConfig(input: unknown): ListConfig {
  return Object.freeze(parseConfiguration(listConfigSchema, input, 'The configuration of CMML'));
}

/** Returns the message of the first unknown field that other objectives have, `undefined` to keep the usual message. */
function ofUnknownFields(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code !== 'unrecognized_keys') return undefined;
  const [message] = issue.keys.flatMap((key) => {
    const why = fieldOfOtherObjectives(issue.input, key);
    return why === undefined ? [] : `${key}: ${why}`;
  });
  return message;
}

/**
 * Returns why a model that ranks the catalog does not have a field, if it is a field of CMML with the other objectives.
 * Returns `undefined` for other models and fields.
 */
export function fieldOfOtherObjectives(config: unknown, field: string): string | undefined {
  if (!ranksCatalog(config) || !cmmlFields.includes(field)) return undefined;
  const others = objectiveKinds.map((kind) => `"${kind}"`);
  return `only the objectives ${others.join(', ')} have this field, and the objective is "softmax", the default for users`;
}

/** Returns whether a configuration of CMML is that of a model that ranks the catalog. */
export function ranksCatalog(config: unknown): boolean {
  return typeof config === 'object' && config !== null && 'objective' in config && config.objective === 'softmax';
}

/** Returns whether the network reads amounts. */
export function readsAmounts({ amounts }: Pick<ListConfig, 'amounts'>): boolean {
  return Object.keys(amounts).length > 0;
}
