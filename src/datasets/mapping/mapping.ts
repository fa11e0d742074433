import { z } from 'zod';
import { parseConfiguration } from '../../common/parse-configuration.ts';
import type { FeatureField } from '../../features/feature-schema.ts';
import { columnName, featuresSchema, textColumnSchema, valueShape } from './mapping-features.ts';
import { declaredTypesSchema, interactionsSchema, timeSchema, typesOf } from './mapping-interactions.ts';
import { scenariosSchema, valueScenariosSchema } from './mapping-scenarios.ts';
import { isOnStep } from './parse-numbers.ts';
import { strictObject } from './strict-object.ts';

const formatSchema = strictObject({
  type: z.enum(['csv', 'jsonl', 'parquet']).optional(),
  compression: z.enum(['none', 'gzip', 'zstd']).optional(),
  encoding: z.enum(['utf-8', 'utf-16le', 'utf-16be', 'latin1', 'windows-1252']).optional(),
  delimiter: z.string().min(1).optional(),
  columns: z.array(z.string()).min(1).optional(),
});

/** What happens to a row with an ID that an earlier row of its file has. */
const onRepeatedId = z.enum(['merge', 'reject']).default('merge');

const usersSchema = strictObject({ id: columnName, onRepeatedId, features: featuresSchema.default({}) });

const itemTimeSchema = strictObject({ ...timeSchema.shape, missing: valueShape.missing });

/** Without a title, the ID is the title. */
const itemsSchema = strictObject({
  id: columnName,
  onRepeatedId,
  title: textColumnSchema.optional(),
  /** Without it, new items are available, and the availability of stored ones does not change. */
  available: textColumnSchema.optional(),
  /** With one of these, all items have the times that their rows state, or none. */
  availableFrom: itemTimeSchema.optional(),
  availableUntil: itemTimeSchema.optional(),
  features: featuresSchema.default({}),
});

/** What a row can be, in the order in which a load reads it. */
export const sectionNames = ['users', 'items', 'scenarios', 'scenariosByValue', 'interactions'] as const;

export type SectionName = (typeof sectionNames)[number];

const fileSchema = strictObject({
  /** The base name of a file. `*` stands for any characters. */
  file: z.string().min(1),
  format: formatSchema.optional(),
  users: usersSchema.optional(),
  items: itemsSchema.optional(),
  scenarios: scenariosSchema.optional(),
  scenariosByValue: valueScenariosSchema.optional(),
  interactions: interactionsSchema.optional(),
}).refine((entry) => sectionNames.some((name) => entry[name] !== undefined), {
  error: `expected at least one of the keys ${sectionNames.join(', ')}`,
});

const scaleSchema = strictObject({
  minimum: z.number(),
  maximum: z.number(),
  /** The difference between neighboring ratings. Default: any number on the scale is a rating. */
  step: z.number().positive().optional(),
})
  .refine(({ minimum, maximum }) => minimum < maximum, { error: 'expected a minimum below the maximum' })
  .refine((scale) => isOnStep(scale.maximum, scale), { error: 'expected steps that lead to the maximum' });

const mappingSchema = strictObject({
  /** A second import under the same name adds only the interactions that are new. */
  name: z.string().min(1).max(64),
  /** The scale of the ratings in the files. Default: the platform's scale. */
  ratingScale: scaleSchema.optional(),
  /** Types of interactions to declare, with what they mean. */
  interactionTypes: declaredTypesSchema.default([]),
  files: z.array(fileSchema).min(1, 'expected an entry for at least one file, which import inspect writes'),
}).superRefine((mapping, context) => {
  for (const message of kindProblems(mapping)) context.addIssue({ code: 'custom', path: ['files'], message });
  // Declared anew, PLAY can be positive without a value.
  if (mapping.interactionTypes.some(({ name }) => name === 'PLAY')) return;
  for (const [index, { interactions }] of mapping.files.entries())
    if (interactions && interactions.value === undefined && typesOf(interactions.type).includes('PLAY'))
      context.addIssue({ code: 'custom', path: ['files', index, 'interactions', 'value'], message: playWithoutValue });
});

const playWithoutValue =
  'expected the column of the share that was played, since there are interactions of the type PLAY, which are no likes ' +
  'without it; if no column has it, read them as VIEW';

/** How the columns of files become users, items, scenarios and interactions. */
export type Mapping = z.output<typeof mappingSchema>;
/** A mapping as it is written: without the defaults. */
export type MappingInput = z.input<typeof mappingSchema>;
export type MappedFile = z.output<typeof fileSchema>;
export type ItemColumns = z.output<typeof itemsSchema>;
export type ItemTimeColumn = z.output<typeof itemTimeSchema>;
export type UserColumns = z.output<typeof usersSchema>;

/** Throws INVALID_CONFIGURATION, see `parseConfiguration`. */
export function parseMapping(input: unknown): Mapping {
  return parseConfiguration(mappingSchema, input, 'The mapping');
}

/** Returns the features of a mapping, each once. */
export function fieldsOf({ files }: Pick<Mapping, 'files'>): FeatureField[] {
  const fields = new Map<string, FeatureField>();
  for (const { users, items } of files) {
    for (const [entity, section] of [['user', users] as const, ['item', items] as const]) {
      for (const [name, feature] of Object.entries(section?.features ?? {})) {
        const { kind } = feature;
        const width = feature.kind === 'vector' ? feature.width : undefined;
        const key = [entity, name, kind, width].join(' ');
        fields.set(key, { entity, name, kind, ...(width !== undefined && { width }) });
      }
    }
  }
  return [...fields.values()];
}

/** Returns the types of interactions that rows can have, each once. */
export function usedTypes({ files }: Pick<Mapping, 'files'>): readonly string[] {
  return [...new Set(files.flatMap(({ interactions }) => (interactions ? typesOf(interactions.type) : [])))];
}

/** Returns why features with the same name have different kinds or widths. */
function kindProblems(mapping: Pick<Mapping, 'files'>): string[] {
  const first = new Map<string, FeatureField>();
  return fieldsOf(mapping).flatMap((field) => {
    const key = `${field.entity} feature "${field.name}"`;
    const before = first.get(key);
    first.set(key, { ...field, ...before });
    if (before === undefined) return [];
    if (before.kind !== field.kind)
      return [`expected one kind for the ${key}, which is ${before.kind} and ${field.kind}`];
    // A width can be stated once for several files.
    if (before.width === undefined || field.width === undefined) return [];
    return [`expected one width for the ${key}, which has ${before.width} and ${field.width}`];
  });
}
