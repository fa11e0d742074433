import { WarmstartError } from '../common/errors.ts';
import { exportOnnx } from '../engine/onnx/write-model.ts';
import { servingFunctions } from '../models/recommenders.ts';
import type { Database } from '../store/database.ts';
import { readArtifact } from './model-registry.ts';

/** Files by name. */
export type ExportedModel = ReadonlyMap<string, Uint8Array>;

/**
 * Returns a model version for use outside the platform: an ONNX file for each of its serving functions, and the feature
 * schema, which says how users and items are encoded. Each ONNX file carries the version and the schema's hash.
 * Throws INVALID_DATA if the version does not exist, or its kind of model has no functions.
 */
export async function exportModelVersion(database: Database, id: number): Promise<ExportedModel> {
  const artifact = await readArtifact(database, id);
  const { kind, schema } = artifact;
  const functions = Object.entries(servingFunctions(artifact));
  if (functions.length === 0) {
    throw new WarmstartError(
      'INVALID_DATA',
      `expected a model version with functions to export, got version ${id} of kind "${kind}", which has none; choose another version`,
    );
  }
  const metadata = { model: kind, 'model-version': String(id), 'feature-schema': schema.hash };
  const files = new Map<string, Uint8Array>();
  for (const [role, definition] of functions) {
    files.set(`${role}.onnx`, await exportOnnx(definition, { ...metadata, function: role }));
  }
  files.set('feature-schema.json', new TextEncoder().encode(`${JSON.stringify(schema, null, 2)}\n`));
  return files;
}
