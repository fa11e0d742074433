import type { EntityKind, FeatureField } from '../../features/feature-schema.ts';
import type { MappingInput } from './mapping.ts';
import type { FeatureColumn } from './mapping-features.ts';
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

/** Returns the mapping by which an import reads exported files. */
export function exportMapping(
  files: readonly ExportedFile[],
  fields: readonly FeatureField[],
  { minimum, maximum }: NumberRange,
): MappingInput {
  const sections = sectionsOf(fields);
  return {
    name: datasetName,
    ratingScale: { minimum, maximum },
    files: files.map(({ kind, file }) => ({ file, ...sections[kind] })),
  };
}

function sectionsOf(fields: readonly FeatureField[]): Readonly<Record<ExportedKind, Section>> {
  return {
    users: { users: { id: 'id', features: featuresOf('user', fields) } },
    items: { items: { id: 'id', title: 'title', available: 'available', features: featuresOf('item', fields) } },
    scenarios: { scenarios: { id: 'id', title: 'title', items: { column: 'items' } } },
    interactions: {
      interactions: {
        user: 'user',
        item: 'item',
        scenario: 'scenario',
        type: { column: 'type', values: { RATE: 'RATE', VIEW: 'VIEW', CLICK: 'CLICK', PURCHASE: 'PURCHASE' } },
        value: { column: 'value' },
        time: { column: 'time', format: 'iso' },
      },
    },
  };
}

function featuresOf(entity: EntityKind, fields: readonly FeatureField[]): Record<string, FeatureColumn> {
  const declared = fields.filter((field) => field.entity === entity);
  // The empty text is a category like any other.
  return Object.fromEntries(
    declared.map(({ name, kind }) => [name, { column: `features.${name}`, kind, missing: [] }]),
  );
}
