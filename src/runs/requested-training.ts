import { z } from 'zod';
import { type FieldPath, WarmstartError, WarmstartErrors } from '../common/errors.ts';
import type { ContextEncoderKind, HybridKind } from '../models/cmml/cmml-config.ts';
import { fieldOfOtherObjectives } from '../models/cmml/lists/list-config.ts';
import type { ModulationKind } from '../models/cmml/network-fields.ts';
import type { EmbeddingKind } from '../models/embedding/embedding-config.ts';
import type { RecipeObjective } from '../models/objectives.ts';
import type { RecommenderKind } from '../models/recommenders.ts';
import type { TaskKind } from '../tasks/training-data.ts';
import { changeModel, changeOptions, defaultRecipe, objectiveOf } from '../training/recipe-for.ts';
import { checkEpisodes, checkObjectiveFor, joinRecipe, type ParsedRecipe } from '../training/training-recipe.ts';
import type { TrainingRunContent } from './training-runs.ts';

type Names<Kind extends string> = Readonly<Record<string, Kind>>;

/** The configuration's names of model kinds, by the API's names. */
export const kindNames = {
  CMML: 'cmml',
  DCN: 'dcn',
  MAML: 'maml',
  S2META: 's2meta',
  TANP: 'tanp',
  CONET: 'conet',
  ITEM_POPULARITY: 'itemPopularity',
  EASE: 'ease',
  ITEM_KNN: 'itemKnn',
  IALS: 'ials',
} as const satisfies Names<RecommenderKind>;

/**
 * The fields of a model's configuration that are arguments in the API: the configuration's values by the API's names.
 */
export const partNames = {
  encoder: {
    MEAN_POOL: 'meanPool',
    MAX_POOL: 'maxPool',
    GRU: 'gru',
    ATTENTION: 'attention',
  } as const satisfies Names<ContextEncoderKind>,
  hybrid: { NONE: 'none', DOT: 'dot', MLP: 'mlp' } as const satisfies Names<HybridKind>,
  modulation: {
    LINEAR: 'linear',
    SIGMOID: 'sigmoid',
    FILM: 'film',
    SOFT_MODULES: 'softModules',
  } as const satisfies Names<ModulationKind>,
  objective: {
    MSE: 'mse',
    BCE: 'bce',
    HINGE: 'hinge',
    BPR: 'bpr',
    SOFTMAX: 'softmax',
  } as const satisfies Names<RecipeObjective>,
  embedding: {
    FEATURES: 'features',
    FACTORS: 'factors',
    BOTH: 'both',
  } as const satisfies Names<EmbeddingKind>,
};

type PartName = keyof typeof partNames;
type Parts = { readonly [Part in PartName]?: keyof (typeof partNames)[Part] | null | undefined };

/** A training as a client requests it. A field that is absent has its default. */
export interface RequestedTraining extends Parts {
  readonly taskKind: TaskKind;
  readonly kind?: keyof typeof kindNames | null | undefined;
  readonly config?: object | null | undefined;
  readonly options?: object | null | undefined;
  readonly seed?: number | null | undefined;
  readonly epochs?: number | null | undefined;
  readonly maxUsers?: number | null | undefined;
  /** The former name of `maxUsers`; refused. */
  readonly mostUsers?: number | null | undefined;
}

/** The training options that are arguments in the API. */
const optionNames = ['seed', 'epochs'] as const;
type ArgumentName = PartName | (typeof optionNames)[number];

/**
 * Completes a request to a full recipe, with every default filled in. Throws BAD_USER_INPUT, with the path to each
 * wrong field from `training` on, for every problem that can be found without reading data.
 */
export function requestedTraining(training: RequestedTraining): TrainingRunContent {
  const { taskKind, maxUsers = null, mostUsers } = training;
  if (mostUsers !== undefined) {
    const message = 'training.mostUsers: this field has been renamed; use maxUsers';
    throw new WarmstartError('BAD_USER_INPUT', message, { field: ['training', 'mostUsers'] });
  }
  // A model cannot learn from a single user's task.
  const minUsers = taskKind === 'USER' ? 2 : 1;
  if (maxUsers !== null && maxUsers < minUsers) {
    const message = `training.maxUsers: expected at least ${minUsers}, got ${maxUsers}`;
    throw new WarmstartError('BAD_USER_INPUT', message, { field: ['training', 'maxUsers'] });
  }
  refuseContradictions(training);
  const config = requestedRecipe(training);
  return { taskKind, config, seed: config.options.seed, maxUsers };
}

/** A request can set a value both by argument and in `config` or `options`, if the two values are equal. */
function refuseContradictions(training: RequestedTraining): void {
  const errors = [...Object.keys(partNames), ...optionNames].flatMap((name) => {
    const argument = argumentValue(training, name as ArgumentName);
    const section = name in partNames ? 'config' : 'options';
    const settings: Readonly<Record<string, unknown>> = { ...training[section] };
    if (argument === undefined || settings[name] === undefined || settings[name] === argument) return [];
    const [own, other] = [
      ['training', name],
      ['training', section, name],
    ] as const;
    const values = `${JSON.stringify(argument)} in ${own.join('.')} and ${JSON.stringify(settings[name])} in ${other.join('.')}`;
    return [own, other].map((field) => {
      const message = `${field.join('.')}: expected one value, got ${values}; remove one of them`;
      return new WarmstartError('BAD_USER_INPUT', message, { field });
    });
  });
  if (errors.length > 0) throw new WarmstartErrors(errors);
}

/** Returns an argument's value as the configuration writes it. */
function argumentValue(training: RequestedTraining, name: ArgumentName): unknown {
  const value = training[name] ?? undefined;
  if (value === undefined || !(name in partNames)) return value;
  return (partNames[name as PartName] as Names<string>)[value];
}

function requestedRecipe(training: RequestedTraining): ParsedRecipe {
  const { taskKind, kind } = training;
  const settings = settingsOf(training, 'config');
  const objective = objectiveOf(settings);
  const base = defaultRecipe(taskKind, kind == null ? undefined : kindNames[kind], objective);
  const model = withRequestFields(training, 'config', () => {
    // First, because the fields of a scenario's recipe would all be unknown to a model with that objective.
    checkObjectiveFor(taskKind, { config: settings });
    return changeModel(base, settings);
  });
  const options = withRequestFields(training, 'options', () => {
    const changed = changeOptions(base, model, settingsOf(training, 'options'));
    checkEpisodes(taskKind, changed);
    return changed;
  });
  return withRequestFields(training, 'config', () => joinRecipe(model, options));
}

/** Returns the requested fields of a section of the recipe, with those that are arguments. */
function settingsOf(training: RequestedTraining, section: 'config' | 'options'): object {
  const names = section === 'config' ? (Object.keys(partNames) as PartName[]) : optionNames;
  const given = names.map((name) => [name, argumentValue(training, name)]).filter(([, value]) => value !== undefined);
  return { ...training[section], ...Object.fromEntries(given) };
}

/** Does some work, and rethrows its configuration errors with the fields of the request that caused them. */
function withRequestFields<T>(training: RequestedTraining, section: 'config' | 'options', work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof WarmstartError) || error.code !== 'INVALID_CONFIGURATION') throw error;
    const issues = error.cause instanceof z.ZodError ? error.cause.issues.flatMap(problemsOf) : [];
    const problems = issues.length > 0 ? issues : [problemOf(error)];
    throw new WarmstartErrors(
      problems.map(({ path, message }) => {
        const field = fieldOf(training, section, path);
        return new WarmstartError('BAD_USER_INPUT', `${field.join('.')}: ${message}`, { field });
      }),
    );
  }
}

interface Problem {
  readonly path: FieldPath;
  readonly message: string;
}

/** Removes the field at the start of an error's message, because the request has that field elsewhere. */
function problemOf({ field: path = [], message }: WarmstartError): Problem {
  const prefix = `${path.join('.')}: `;
  return { path, message: message.startsWith(prefix) ? message.slice(prefix.length) : message };
}

function problemsOf(issue: z.core.$ZodIssue): Problem[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: [...path, key],
      message: fieldOfOtherObjectives(issue.input, key) ?? 'unknown field; docs/models.md lists the fields',
    }));
  }
  return [{ path, message: `${issue.message}, got ${JSON.stringify(issue.input)}` }];
}

/** Returns the path to a configuration field in the request: the argument, if an argument set it. */
function fieldOf(training: RequestedTraining, section: 'config' | 'options', path: FieldPath): FieldPath {
  const [name] = path;
  const own = [...Object.keys(partNames), ...optionNames].find((argument) => argument === name);
  if (own && training[own as ArgumentName] != null) return ['training', own];
  return ['training', section, ...path];
}
