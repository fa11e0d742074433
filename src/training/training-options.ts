import { z } from 'zod';
import { parseConfiguration } from '../common/parse-configuration.ts';
import { defaultEpisodes, negativeSamplings } from '../tasks/sample-episode.ts';
import { learningRateScheduleKinds } from './learning-rate-schedules.ts';

/** Of what is done again and again; a training may be as long as its operator has patience for. */
const count = z.int().positive().max(1_000_000);
/** Of what is held at once. */
const pairs = z.int().positive().max(10_000);
const tasks = z.int().positive().max(1024);
const share = z.number().min(0).max(1);

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
  /** Determines the first parameters, the split of tasks and every episode; an int32. */
  seed: z.int32().default(1),
  /** How often every task gives an episode, unless validation stops the training earlier. */
  epochs: count.default(12),
  /** A user's task is made of the first this many ratings. */
  historyLimit: pairs.default(100),
  /** Tasks per optimiser step. */
  tasksPerStep: tasks.default(8),
  learningRate: z.number().positive().default(2e-3),
  /** How the rate changes over the training. */
  learningRateSchedule: z.enum(learningRateScheduleKinds).default('cosine'),
  /** Weight of the L2 penalty on every parameter. */
  weightDecay: z.number().min(0).default(3e-4),
  /** Every element of a gradient is cut to ± this. */
  gradientClip: z.number().positive().default(10),
  /**
   * Each step updates only the embeddings that its batch used, so that its cost does not grow with the vocabulary.
   * Not plain Adam: moments and weights of the others do not decay meanwhile. Pays where a batch uses few of many.
   */
  rowWiseEmbeddings: z.boolean().default(false),
  /** Share of the tasks that validate instead of training; 0 keeps the last parameters instead of the best. */
  validationShare: z.number().min(0).lt(1).default(0.1),
  /** Episodes of each validation task; the fewer tasks there are, the more are needed to tell epochs apart. */
  validationEpisodes: tasks.default(1),
  /** How factors are made, where the model embeds users and items by such. */
  factors: z
    .strictObject({
      /** Weight of the L2 penalty on factors; by default the interactions that a user has, by the mean of those who have any. */
      regularisation: z.number().positive().optional(),
      /** How much more an interaction counts than the absence of one: 1 + alpha against 1. */
      alpha: z.number().positive().default(20),
      iterations: count.default(15),
    })
    .prefault({}),
  /** Share of the pairs that pre-trained factors are not made from; they alone are predicted then. */
  heldOutShare: z.number().min(0).lt(1).default(0.3),
  /** Epochs without a better validation loss after which training stops. */
  patience: count.default(5),
  episodes: episodeSchema.prefault({}),
});

export type TrainingOptions = z.output<typeof optionsSchema>;
export type TrainingOptionsInput = z.input<typeof optionsSchema>;

/** Fills in defaults. Throws INVALID_CONFIGURATION, see `parseConfiguration`. */
export function parseTrainingOptions(input: unknown): TrainingOptions {
  return Object.freeze(parseConfiguration(optionsSchema, input, 'The configuration of the training'));
}
