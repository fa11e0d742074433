import type { EntityKind, FeatureField } from '../../features/feature-schema.ts';
import { defaultInteractionTypes, type InteractionType, rating } from '../../features/interaction-types.ts';
import type { MappingInput } from './mapping.ts';
import type { FeatureColumnInput } from './mapping-features.ts';
import type { NumberRange } from './parse-numbers.ts';

/** What an export writes into files of its own, in this order. */
export const exportedKinds = ['users', 'items', 'scenarios', 'interactions'] as const;

export type ExportedKind = (typeof exportedKinds)[number];

/** An import of a later export into the same database adds only what is new, since the name is the same. */
const datasetName = 'warmstart-export';

type Section = Omit<MappingInput['files'][number], 'file'>;

export interface ExportedFile {
  readonly kind: ExportedKind;
  readonly file: string;
}

/** What is declared, and must be declared where the files are imported. */
export interface ExportedDeclarations {
  readonly fields: readonly FeatureField[];
  readonly types: readonly InteractionType[];
}

/** Returns the mapping by which an import reads exported files. */
export function exportMapping(
  files: readonly ExportedFile[],
  { fields, types }: ExportedDeclarations,
  { minimum, maximum }: NumberRange,
): MappingInput {
  const sections = sectionsOf(fields, types);
  const changed = types.filter(hasOwnMeaning);
  return {
    name: datasetName,
    ratingScale: { minimum, maximum },
    ...(changed.length > 0 && { interactionTypes: changed.map(withoutRatingScale) }),
    files: files.map(({ kind, file }) => ({ file, ...sections[kind] })),
  };
}

/** Whether a type is not among the default types with the same meaning. */
function hasOwnMeaning(type: InteractionType): boolean {
  const usual = defaultInteractionTypes.find(({ name }) => name === type.name);
  return JSON.stringify(usual && withoutRatingScale(usual)) !== JSON.stringify(withoutRatingScale(type));
}

/** Which ratings are positive follows the rating scale of the platform, and is not declared. */
function withoutRatingScale(type: InteractionType) {
  const { name, polarity, weight, positiveFrom, countsAsSeen, countsOnce, expiresAfterDays } = type;
  const from = name === rating ? {} : { positiveFrom };
  return { name, polarity, weight, ...from, countsAsSeen, countsOnce, expiresAfterDays };
}

function sectionsOf(
  fields: readonly FeatureField[],
  types: readonly InteractionType[],
): Readonly<Record<ExportedKind, Section>> {
  return {
    users: { users: { id: 'id', features: featuresOf('user', fields) } },
    items: {
      items: {
        ...{ id: 'id', title: 'title', available: 'available', features: featuresOf('item', fields) },
        availableFrom: { column: 'availableFrom', format: 'iso' },
        availableUntil: { column: 'availableUntil', format: 'iso' },
      },
    },
    scenarios: { scenarios: { id: 'id', title: 'title', items: { column: 'items' }, rule: 'rule' } },
    interactions: {
      interactions: {
        user: 'user',
        item: 'item',
        scenario: 'scenario',
        type: { column: 'type', values: Object.fromEntries(types.map(({ name }) => [name, name])) },
        value: { column: 'value' },
        time: { column: 'time', format: 'iso' },
      },
    },
  };
}

function featuresOf(entity: EntityKind, fields: readonly FeatureField[]): Record<string, FeatureColumnInput> {
  const declared = fields.filter((field) => field.entity === entity);
  // The empty text is a category like any other.
  return Object.fromEntries(
    declared.map(({ name, kind, width }) => {
      const column = { column: `features.${name}`, kind, missing: [], ...(width !== undefined && { width }) };
      return [name, column as FeatureColumnInput];
    }),
  );
}
