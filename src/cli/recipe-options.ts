import { type Command, Option } from 'commander';
import { contextEncoderKinds, hybridKinds, modulationKinds } from '../models/cmml/cmml-config.ts';
import { embeddingKinds } from '../models/embedding/embedding-config.ts';
import { objectiveKinds } from '../models/objectives.ts';
import { type RecommenderKind, recommenderKinds } from '../models/recommenders.ts';
import type { TaskKind } from '../tasks/training-data.ts';
import { recipeFor } from '../training/recipe-for.ts';
import type { TrainingRecipe } from '../training/training-recipe.ts';
import { integer, positiveInteger } from './integer-argument.ts';
import { jsonObject } from './json-argument.ts';

/** Fields of a model's configuration that have an option of their own. */
const choices = {
  encoder: { kinds: contextEncoderKinds, of: 'what makes a context of the support set (CMML)' },
  hybrid: { kinds: hybridKinds, of: 'how context and pair meet (CMML)' },
  modulation: { kinds: modulationKinds, of: 'what the context changes in the network (CMML)' },
  objective: { kinds: objectiveKinds, of: 'what training minimises; all but mse rank, from any interaction' },
  embedding: { kinds: embeddingKinds, of: 'what users and items are embedded by' },
} as const;

type ChosenFields = { readonly [Field in keyof typeof choices]?: string };

export interface RecipeOptions extends ChosenFields {
  readonly task: 'user' | 'scenario';
  readonly kind?: RecommenderKind;
  readonly config: object;
  readonly options: object;
  readonly epochs?: number;
  readonly seed?: number;
}

/** Adds the options that say what is trained and how. */
export function addRecipeOptions(command: Command): Command {
  command
    .addOption(
      new Option('--task <kind>', 'what a task is: a user’s history or a scenario’s')
        .choices(['user', 'scenario'])
        .default('user'),
    )
    .addOption(new Option('--kind <kind>', 'what is trained (default: "cmml")').choices(recommenderKinds));
  for (const [field, { kinds, of }] of Object.entries(choices)) {
    command.addOption(new Option(`--${field} <kind>`, of).choices(kinds));
  }
  return command
    .option('--config <json>', 'more of the model’s configuration, or @file', jsonObject, {})
    .option('--options <json>', 'more of the training’s options, or @file', jsonObject, {})
    .option('--epochs <n>', 'most passes over the training tasks', positiveInteger)
    .option('--seed <n>', 'determines everything random (default: 1)', integer);
}

/** What the options ask for, over the task's default. Throws INVALID_CONFIGURATION when the configuration is wrong. */
export function recipeOf(options: RecipeOptions): { taskKind: TaskKind; recipe: TrainingRecipe } {
  const { task, kind, seed, epochs } = options;
  const taskKind = task === 'user' ? 'USER' : 'SCENARIO';
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
