import { z } from 'zod';
import { parseConfiguration } from '../common/parse-configuration.ts';
import { defaultEpisodes, negativeSamplings } from '../tasks/episode-options.ts';

const learningRateScheduleKinds = ['constant', 'cosine'] as const;
export type LearningRateScheduleKind = (typeof learningRateScheduleKinds)[number];

/** Returns the factor of the learning rate at a progress from 0, the first step, to 1, the end of the last epoch. */
export type LearningRateSchedule = (progress: number) => number;

export const learningRateSchedules: Record<LearningRateScheduleKind, LearningRateSchedule> = {
  constant: () => 1,
  /** Half a cosine down to zero (arXiv 1608.03983, eq. 5, without restarts), after a short linear rise. */
  cosine(progress) {
    if (progress < warmUp) return (progress + warmUp / 10) / (warmUp * 1.1);
    return 0.5 * (1 + Math.cos((Math.PI * (progress - warmUp)) / (1 - warmUp)));
  },
};

/** Adam's moments are unreliable in the first steps, so these steps are small. */
const warmUp = 0.02;

/** A number of repetitions. The bound is high because the operator decides how long a training run takes. */
const count = z.int().positive().max(1_000_000);
/** Numbers of pairs and of tasks that are in memory at once. */
const pairs = z.int().positive().max(10_000);
const tasks = z.int().positive().max(1024);
const share = z.number().min(0).max(1);

/** See `EpisodeOptions`. */
const episodeSchema = z.strictObject({
  supportPairs: pairs.default(defaultEpisodes.supportPairs),
  queryPairs: pairs.default(defaultEpisodes.queryPairs),
  queryShare: z.number().positive().max(1).default(defaultEpisodes.queryShare),
  minimumPairs: pairs.default(defaultEpisodes.minimumPairs),
  shortSupportShare: share.default(defaultEpisodes.shortSupportShare),
  shortSupportPairs: pairs.default(defaultEpisodes.shortSupportPairs),
  negatives: z.enum(negativeSamplings).default(defaultEpisodes.negatives),
});

const optionsSchema = z.strictObject({
  /** Determines the initial parameters, the split of the tasks, and every episode. An int32. */
  seed: z.int32().default(1),
  /** The maximum number of epochs. Every training task gives one episode an epoch. */
  epochs: count.default(12),
  /** The maximum number of ratings in a user's task. The first ones are used. */
  historyLimit: pairs.default(100),
  /** Tasks in one optimizer step. */
  tasksPerStep: tasks.default(8),
  learningRate: z.number().positive().default(2e-3),
  /** How the learning rate changes over the training run. */
  learningRateSchedule: z.enum(learningRateScheduleKinds).default('cosine'),
  /** Weight of the L2 penalty on every parameter. */
  weightDecay: z.number().min(0).default(3e-4),
  /** Every element of a gradient is clipped to ± this value. */
  gradientClip: z.number().positive().default(10),
  /**
   * Whether a step updates only the embeddings that its batch uses, so that its cost does not grow with the vocabulary.
   * This is not plain Adam: moments and weights of all other embeddings do not decay in that step. It is faster if a
   * batch uses few of many embeddings.
   */
  rowWiseEmbeddings: z.boolean().default(false),
  /** Share of the tasks that validate instead of training. With 0, the last parameters are kept instead of the best. */
  validationShare: z.number().min(0).lt(1).default(0.1),
  /** Episodes of each validation task. With few tasks, more episodes are needed to tell epochs apart. */
  validationEpisodes: tasks.default(1),
  /** How factors are made, for models that embed users and items by factors. */
  factors: z
    .strictObject({
      /** Weight of the L2 penalty on factors. Default: the mean number of interactions of users who have any. */
      regularization: z.number().positive().optional(),
      /** The confidence in an interaction is 1 + alpha. The confidence in the absence of one is 1. */
      alpha: z.number().positive().default(20),
      iterations: count.default(15),
    })
    .prefault({}),
  /** Share of the pairs that pre-training does not use. A model with factors has only these pairs in query sets. */
  heldOutShare: z.number().min(0).lt(1).default(0.3),
  /** Training stops after this number of epochs without a lower validation loss. */
  patience: count.default(5),
  episodes: episodeSchema.prefault({}),
  /** The share of an episode's users and items whose features and IDs are dropped, so that unknown ones are learned. */
  featureDropout: share.default(0.05),
  /** The share of the others of which only the ID is dropped, so that new ones live on their features. */
  idDropout: share.default(0.05),
  /** The objective `softmax`. */
  lists: z
    .strictObject({
      /** The share of the interactions of a support set that are left out at random. */
      supportDropout: share.lt(1).default(0.4),
      /**
       * The share of the episodes whose items to find come after the support set, as in lists. The others are drawn
       * whatever the time. Without times, there are only others.
       */
      laterShare: share.default(0.3),
      /** The share of the items whose ID is dropped in a step, so that new items live on their features. */
      idDropout: share.default(0.05),
      /** The share of the users whose features are dropped, so that users without features are served well too. */
      profileDropout: share.default(0.3),
      /** The number of items that compete in a step. A catalog that is not larger competes as a whole. */
      items: z.int().min(100).max(100_000).default(20_000),
      /** The number of items of each task that a modulated network learns to order. */
      orderedItems: z.int().min(8).max(10_000).default(128),
    })
    .prefault({}),
});

export type TrainingOptions = z.output<typeof optionsSchema>;
export type TrainingOptionsInput = z.input<typeof optionsSchema>;

/** Fills in the defaults. Throws INVALID_CONFIGURATION, see `parseConfiguration`. */
export function parseTrainingOptions(input: unknown): TrainingOptions {
  return Object.freeze(parseConfiguration(optionsSchema, input, 'The configuration of the training'));
}
