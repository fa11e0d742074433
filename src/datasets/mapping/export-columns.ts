import type { FeatureField, FeatureKind } from '../../features/feature-schema.ts';
import type { ParquetColumn } from '../tables/write-parquet.ts';
import type { ExportedKind } from './export-mapping.ts';

/** The types of the values of features. */
const featureTypes: Readonly<Record<FeatureKind, ParquetColumn['type']>> = {
  categorical: 'text',
  multiValued: 'texts',
  numeric: 'number',
  vector: 'numbers',
  date: 'text',
};

/** Returns the columns of an exported file that has types, named as `exportMapping` reads them. */
export function exportColumns(kind: ExportedKind, fields: readonly FeatureField[]): ParquetColumn[] {
  const id: ParquetColumn = { name: 'id', type: 'text' };
  const title: ParquetColumn = { name: 'title', type: 'text' };
  const columns: Readonly<Record<ExportedKind, ParquetColumn[]>> = {
    users: [id, ...featuresOf('user', fields)],
    items: [
      ...[id, title],
      { name: 'available', type: 'boolean' },
      { name: 'availableFrom', type: 'time' },
      { name: 'availableUntil', type: 'time' },
      ...featuresOf('item', fields),
    ],
    scenarios: [id, title, { name: 'items', type: 'texts' }, { name: 'rule', type: 'json' }],
    interactions: [
      ...['user', 'item', 'scenario', 'type'].map((name): ParquetColumn => ({ name, type: 'text' })),
      { name: 'value', type: 'number' },
      { name: 'time', type: 'time' },
    ],
  };
  return columns[kind];
}

/** A structure has at least one column, so there is none without features. */
function featuresOf(entity: FeatureField['entity'], fields: readonly FeatureField[]): ParquetColumn[] {
  const declared = fields.filter((field) => field.entity === entity);
  if (declared.length === 0) return [];
  const columns = declared.map(({ name, kind }): ParquetColumn => ({ name, type: featureTypes[kind] }));
  return [{ name: 'features', type: 'structure', columns }];
}
