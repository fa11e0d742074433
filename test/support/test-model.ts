import { declaredFields } from '../../src/catalog/feature-fields.ts';
import { withId } from '../../src/features/encode-features.ts';
import { type EntityKind, type FeatureSchema, type Features, idField } from '../../src/features/feature-schema.ts';
import { fitFeatureSchema } from '../../src/features/fit-feature-schema.ts';
import { type CmmlConfigInput, parseCmmlConfig } from '../../src/models/cmml/cmml-config.ts';
import { declareCmml } from '../../src/models/cmml/cmml-network.ts';
import { parseListConfig } from '../../src/models/cmml/lists/list-config.ts';
import { declareList } from '../../src/models/cmml/lists/list-network.ts';
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
  const schema = await storedSchema(database, ids);
  const config = parseCmmlConfig({ ...sizes, ...more, supportLimit, support });
  return { kind: 'cmml', config, schema, parameters: initialize(declareCmml(config, schema), seed) };
}

/** Returns an untrained CMML model of the stored users and items that ranks the catalog, and has no closed-form head. */
export async function untrainedListModel(database: Database, seed: number, changes: object): Promise<ModelArtifact> {
  const schema = await storedSchema(database, ['item']);
  const config = parseListConfig({ objective: 'softmax', vectorWidth: 4, closedForm: { width: 0 }, ...changes });
  return { kind: 'cmml', config, schema, parameters: initialize(declareList(config, schema), seed) };
}

async function storedSchema(database: Database, ids: readonly EntityKind[]): Promise<FeatureSchema> {
  const features = async (rows: Promise<{ externalId: string; features: unknown }[]>) =>
    (await rows).map((row) => withId({ id: row.externalId, features: row.features as Features }));
  const idFields = ids.map((entity) => ({ entity, name: idField, kind: 'categorical' as const }));
  return fitFeatureSchema(
    [...(await declaredFields(database)), ...idFields],
    await features(database.user.findMany()),
    await features(database.item.findMany()),
  );
}

/** Stores and promotes an untrained model, and returns the version's ID. */
export async function serveUntrainedModel(
  database: Database,
  seed: number,
  options: UntrainedModelOptions & ServingOptions = {},
): Promise<number> {
  return serveModel(database, await untrainedModel(database, seed, options), options);
}

export interface ServingOptions {
  readonly taskKind?: TaskKind;
  readonly servesFrom?: number;
}

/** Stores and promotes a model, and returns the version's ID. */
export async function serveModel(
  database: Database,
  artifact: ModelArtifact,
  { taskKind = 'USER', servesFrom }: ServingOptions = {},
): Promise<number> {
  const version = await saveModelVersion(database, taskKind, artifact, {}, { servesFrom: servesFrom ?? null });
  await promoteModelVersion(database, version);
  return version.id;
}
