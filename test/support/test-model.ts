import { declaredFields } from '../../src/catalog/feature-fields.ts';
import type { Features } from '../../src/features/feature-schema.ts';
import { fitFeatureSchema } from '../../src/features/fit-feature-schema.ts';
import { parseCmmlConfig } from '../../src/models/cmml/cmml-config.ts';
import { declareCmml } from '../../src/models/cmml/cmml-network.ts';
import { initialise } from '../../src/models/parameter-declarations.ts';
import type { ModelArtifact } from '../../src/models/recommender.ts';
import { promoteModelVersion, saveModelVersion } from '../../src/registry/model-registry.ts';
import type { Database } from '../../src/store/database.ts';

/** Small, but with every part; its scores depend on features, ratings and seed. */
const sizes = {
  embeddingWidth: 4,
  embeddingDeviation: 1,
  labelWidths: [4, 4],
  contextWidths: [8],
  hyperWidths: [8, 8],
  backboneWidths: [8, 8],
  labels: { mean: 3, deviation: 1 },
};

/** An untrained CMML model of the stored users and items. */
export async function untrainedModel(
  database: Database,
  seed: number,
  supportLimit = 90,
): Promise<ModelArtifact> {
  const features = async (rows: Promise<{ features: unknown }[]>) =>
    (await rows).map((row) => row.features as Features);
  const schema = fitFeatureSchema(
    await declaredFields(database),
    await features(database.user.findMany()),
    await features(database.item.findMany()),
  );
  const config = parseCmmlConfig({ ...sizes, supportLimit });
  return { kind: 'cmml', config, schema, parameters: initialise(declareCmml(config, schema), seed) };
}

/** Stores and promotes an untrained model; returns the version's id. */
export async function serveUntrainedModel(
  database: Database,
  seed: number,
  supportLimit?: number,
): Promise<number> {
  const version = await saveModelVersion(
    database,
    'USER',
    await untrainedModel(database, seed, supportLimit),
    {},
  );
  await promoteModelVersion(database, version);
  return version.id;
}
