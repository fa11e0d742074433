import { declaredFields } from '../../src/catalog/feature-fields.ts';
import { withId } from '../../src/features/encode-features.ts';
import { type EntityKind, type Features, idField } from '../../src/features/feature-schema.ts';
import { fitFeatureSchema } from '../../src/features/fit-feature-schema.ts';
import { type CmmlConfigInput, parseCmmlConfig } from '../../src/models/cmml/cmml-config.ts';
import { declareCmml } from '../../src/models/cmml/cmml-network.ts';
import { initialize } from '../../src/models/parameter-declarations.ts';
import type { ModelArtifact, SupportKind } from '../../src/models/recommender.ts';
import { promoteModelVersion, saveModelVersion } from '../../src/registry/model-registry.ts';
import type { Database } from '../../src/store/database.ts';
import type { TaskKind } from '../../src/tasks/training-data.ts';

/** A small configuration with every part. The scores depend on features, ratings and seed. */
const sizes = {
  embeddingWidth: 4,
  embeddingDeviation: 1,
  labelWidths: [4, 4],
  contextWidths: [8],
  hyperWidths: [8, 8],
  backboneWidths: [8, 8],
  labels: { mean: 3, deviation: 1 },
};

export interface UntrainedModelOptions {
  readonly supportLimit?: number;
  readonly support?: SupportKind;
  /** The entities whose IDs are features too. */
  readonly ids?: readonly EntityKind[];
  /** Changes to the model's configuration. */
  readonly config?: CmmlConfigInput;
}

/** Returns an untrained CMML model of the stored users and items. */
export async function untrainedModel(
  database: Database,
  seed: number,
  { supportLimit = 90, support = 'labels', ids = [], config: more = {} }: UntrainedModelOptions = {},
): Promise<ModelArtifact> {
  const features = async (rows: Promise<{ externalId: string; features: unknown }[]>) =>
    (await rows).map((row) => withId({ id: row.externalId, features: row.features as Features }));
  const idFields = ids.map((entity) => ({ entity, name: idField, kind: 'categorical' as const }));
  const schema = fitFeatureSchema(
    [...(await declaredFields(database)), ...idFields],
    await features(database.user.findMany()),
    await features(database.item.findMany()),
  );
  const config = parseCmmlConfig({ ...sizes, ...more, supportLimit, support });
  return { kind: 'cmml', config, schema, parameters: initialize(declareCmml(config, schema), seed) };
}

/** Stores and promotes an untrained model, and returns the version's ID. */
export async function serveUntrainedModel(
  database: Database,
  seed: number,
  options?: UntrainedModelOptions & { readonly taskKind?: TaskKind; readonly servesFrom?: number },
): Promise<number> {
  const artifact = await untrainedModel(database, seed, options);
  const { taskKind = 'USER', servesFrom = null } = options ?? {};
  const version = await saveModelVersion(database, taskKind, artifact, {}, { servesFrom });
  await promoteModelVersion(database, version);
  return version.id;
}
