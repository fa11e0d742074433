import { type Command, Option } from 'commander';
import { contextEncoderKinds, hybridKinds } from '../models/cmml/cmml-config.ts';
import { modulationKinds } from '../models/cmml/network-fields.ts';
import { embeddingKinds } from '../models/embedding/embedding-config.ts';
import { recipeObjectives } from '../models/objectives.ts';
import { type RecommenderKind, recommenderKinds } from '../models/recommenders.ts';
import type { TaskKind } from '../tasks/training-data.ts';
import { recipeFor } from '../training/recipe-for.ts';
import type { ParsedRecipe } from '../training/training-recipe.ts';
import { integer, jsonObject, positiveInteger, type TaskName, taskKindOf, taskOption } from './arguments.ts';

/** Fields of a model's configuration that have an option of their own, with the option's help text. */
const choices = {
  encoder: { kinds: contextEncoderKinds, help: 'how the support set becomes a context (CMML)' },
  hybrid: { kinds: hybridKinds, help: 'how context and pair embedding are combined (CMML)' },
  modulation: { kinds: modulationKinds, help: 'what the context changes in the backbone (CMML)' },
  objective: {
    kinds: recipeObjectives,
    help: 'the training loss; softmax ranks the whole catalog (the default for users), mse predicts ratings, the others compare pairs of items',
  },
  embedding: { kinds: embeddingKinds, help: 'what the embeddings of users and items are made from' },
} as const;

type ChosenFields = { readonly [Field in keyof typeof choices]?: string };

export interface RecipeOptions extends ChosenFields {
  readonly task: TaskName;
  readonly kind?: RecommenderKind;
  readonly config: object;
  readonly options: object;
  readonly epochs?: number;
  readonly seed?: number;
}

/** Adds the options that describe what to train, and how. */
export function addRecipeOptions(command: Command): Command {
  command
    .addOption(taskOption('whose history the model adapts to: a user’s or a scenario’s'))
    .addOption(new Option('--kind <kind>', 'the kind of model (default: "cmml")').choices(recommenderKinds));
  for (const [field, { kinds, help }] of Object.entries(choices)) {
    command.addOption(new Option(`--${field} <kind>`, help).choices(kinds));
  }
  return command
    .option('--config <json>', 'other fields of the model’s configuration, as JSON or @file', jsonObject, {})
    .option('--options <json>', 'other training options, as JSON or @file', jsonObject, {})
    .option('--epochs <n>', 'maximum number of passes over the training tasks', positiveInteger)
    .option('--seed <n>', 'seed of all random choices (default: 1)', integer);
}

/**
 * Returns the task's default recipe changed by the options. Throws INVALID_CONFIGURATION like `parseRecipe`.
 */
export function recipeOf(options: RecipeOptions): { taskKind: TaskKind; recipe: ParsedRecipe } {
  const { task, kind, seed, epochs } = options;
  const taskKind = taskKindOf(task);
  const chosen = Object.keys(choices)
    .map((field) => [field, options[field as keyof ChosenFields]])
    .filter(([, value]) => value !== undefined);
  const recipe = recipeFor(taskKind, {
    kind,
    config: { ...options.config, ...Object.fromEntries(chosen) },
    options: {
      ...options.options,
      ...(seed !== undefined && { seed }),
      ...(epochs !== undefined && { epochs }),
    },
  });
  return { taskKind, recipe };
}
