import { WarmstartError } from '../common/errors.ts';
import { exportOnnx } from '../engine/onnx/write-model.ts';
import { servingFunctions } from '../models/recommenders.ts';
import type { Database } from '../store/database.ts';
import { readArtifact } from './model-registry.ts';

/** Files by name. */
export type ExportedModel = ReadonlyMap<string, Uint8Array>;

/**
 * A model version for use elsewhere: an ONNX file for each function it serves with, and the feature schema that says
 * how users and items are encoded. Each file carries the version and the schema's hash.
 * Throws INVALID_DATA when there is no such version, or it is of a kind that has no functions.
 */
export async function exportModelVersion(database: Database, id: number): Promise<ExportedModel> {
  const artifact = await readArtifact(database, id);
  const { kind, schema } = artifact;
  const functions = Object.entries(servingFunctions(artifact));
  if (functions.length === 0) {
    throw new WarmstartError(
      'INVALID_DATA',
      `expected a model version that computes its scores by functions, got ${id} of kind "${kind}", which only counts; there is nothing to export`,
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
