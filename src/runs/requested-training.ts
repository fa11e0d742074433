import { z } from 'zod';
import { type FieldPath, WarmstartError, WarmstartErrors } from '../common/errors.ts';
import type { ContextEncoderKind, HybridKind, ModulationKind } from '../models/cmml/cmml-config.ts';
import type { EmbeddingKind } from '../models/embedding/embedding-config.ts';
import type { ObjectiveKind } from '../models/objectives.ts';
import type { RecommenderKind } from '../models/recommenders.ts';
import type { TaskKind } from '../tasks/training-data.ts';
import { recipeFor } from '../training/recipe-for.ts';
import { parseTrainingOptions } from '../training/training-options.ts';
import { checkEpisodes, completeRecipe, type TrainingRecipe } from '../training/training-recipe.ts';
import type { TrainingRunContent } from './training-runs.ts';

type Names<Kind extends string> = Readonly<Record<string, Kind>>;

/** What the API calls kinds of models, by the names of the configuration. */
export const kindNames = {
  CMML: 'cmml',
  DCN: 'dcn',
  ITEM_POPULARITY: 'itemPopularity',
} as const satisfies Names<RecommenderKind>;

/** The fields of a model's configuration that the API has arguments for, and what it calls their values. */
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
  } as const satisfies Names<ObjectiveKind>,
  embedding: {
    FEATURES: 'features',
    FACTORS: 'factors',
    BOTH: 'both',
  } as const satisfies Names<EmbeddingKind>,
};

type PartName = keyof typeof partNames;
type Parts = { readonly [Part in PartName]?: keyof (typeof partNames)[Part] | null | undefined };

/** A training as a client asks for it; what is not said is as it is by default. */
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

/** Options of a training that the API has arguments for. */
const optionNames = ['seed', 'epochs'] as const;
type ArgumentName = PartName | (typeof optionNames)[number];

/**
 * The whole of what is asked for: configuration, options, defaults and all. Throws BAD_USER_INPUT, by the way to each field from `training` on, for whatever
 * can be known to be wrong before there are data.
 */
export function requestedTraining(training: RequestedTraining): TrainingRunContent {
  const { taskKind, maxUsers = null, mostUsers } = training;
  if (mostUsers !== undefined) {
    const message = 'training.mostUsers: this field has been renamed; use maxUsers';
    throw new WarmstartError('BAD_USER_INPUT', message, { field: ['training', 'mostUsers'] });
  }
  // Of one task nothing is learned.
  const minUsers = taskKind === 'USER' ? 2 : 1;
  if (maxUsers !== null && maxUsers < minUsers) {
    const message = `training.maxUsers: expected at least ${minUsers}, got ${maxUsers}`;
    throw new WarmstartError('BAD_USER_INPUT', message, { field: ['training', 'maxUsers'] });
  }
  refuseContradictions(training);
  const recipe = blaming(training, 'config', () => recipeOf(training));
  blaming(training, 'options', () => checkEpisodes(taskKind, parseTrainingOptions(recipe.options)));
  const config = blaming(training, 'config', () => completeRecipe(recipe));
  return { taskKind, config, seed: config.options.seed, maxUsers };
}

/** An argument and the field that it stands for may both be given, if they say the same. */
function refuseContradictions(training: RequestedTraining): void {
  const errors = [...Object.keys(partNames), ...optionNames].flatMap((name) => {
    const asked = askedOf(training, name as ArgumentName);
    const section = name in partNames ? 'config' : 'options';
    const settings: Readonly<Record<string, unknown>> = { ...training[section] };
    if (asked === undefined || settings[name] === undefined || settings[name] === asked) return [];
    const [own, other] = [
      ['training', name],
      ['training', section, name],
    ] as const;
    const said = `${JSON.stringify(asked)} by ${own.join('.')} and ${JSON.stringify(settings[name])} by ${other.join('.')}`;
    return [own, other].map((field) => {
      const message = `${field.join('.')}: expected one value, got ${said}; leave one of them out`;
      return new WarmstartError('BAD_USER_INPUT', message, { field });
    });
  });
  if (errors.length > 0) throw new WarmstartErrors(errors);
}

/** What an argument asks for, in the words of the configuration. */
function askedOf(training: RequestedTraining, name: ArgumentName): unknown {
  const value = training[name] ?? undefined;
  if (value === undefined || !(name in partNames)) return value;
  return (partNames[name as PartName] as Names<string>)[value];
}

function recipeOf(training: RequestedTraining): TrainingRecipe {
  const { taskKind, kind } = training;
  const parts = Object.entries(partNames).flatMap(([part, names]) => {
    const name = training[part as PartName];
    return name == null ? [] : [[part, (names as Names<string>)[name]]];
  });
  const options = optionNames.flatMap((name) => (training[name] == null ? [] : [[name, training[name]]]));
  return recipeFor(taskKind, {
    kind: kind == null ? undefined : kindNames[kind],
    config: { ...training.config, ...Object.fromEntries(parts) },
    options: { ...training.options, ...Object.fromEntries(options) },
  });
}

/** Says of which field of the request a wrong configuration came. */
function blaming<T>(training: RequestedTraining, section: 'config' | 'options', work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof WarmstartError) || error.code !== 'INVALID_CONFIGURATION') throw error;
    const issues = error.cause instanceof z.ZodError ? error.cause.issues.flatMap(faultsOf) : [];
    const faults = issues.length > 0 ? issues : [faultOf(error)];
    throw new WarmstartErrors(
      faults.map(({ path, message }) => {
        const field = fieldOf(training, section, path);
        return new WarmstartError('BAD_USER_INPUT', `${field.join('.')}: ${message}`, { field });
      }),
    );
  }
}

interface Fault {
  readonly path: FieldPath;
  readonly message: string;
}

/** The message of an error that has a field begins with it, which is not where the request has it. */
function faultOf({ field: path = [], message }: WarmstartError): Fault {
  const prefix = `${path.join('.')}: `;
  return { path, message: message.startsWith(prefix) ? message.slice(prefix.length) : message };
}

function faultsOf(issue: z.core.$ZodIssue): Fault[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  if (issue.code === 'unrecognized_keys') {
    const message = 'there is no such name here; see docs/models.md';
    return issue.keys.map((key) => ({ path: [...path, key], message }));
  }
  return [{ path, message: `${issue.message}, got ${JSON.stringify(issue.input)}` }];
}

/** An argument of its own, where that set the field. */
function fieldOf(training: RequestedTraining, section: 'config' | 'options', path: FieldPath): FieldPath {
  const [name] = path;
  const own = [...Object.keys(partNames), ...optionNames].find((argument) => argument === name);
  if (own && training[own as ArgumentName] != null) return ['training', own];
  return ['training', section, ...path];
}
