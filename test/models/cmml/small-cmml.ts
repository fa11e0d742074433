import type { HostTensors } from '../../../src/engine/engine.ts';
import { floatTensor, integerTensor } from '../../../src/engine/host-tensor.ts';
import { encodeFeatures } from '../../../src/features/encode-features.ts';
import type { FeatureField, Features } from '../../../src/features/feature-schema.ts';
import { fitFeatureSchema } from '../../../src/features/fit-feature-schema.ts';
import { type CmmlConfig, type CmmlConfigInput, parseCmmlConfig } from '../../../src/models/cmml/cmml-config.ts';
import { declareCmml } from '../../../src/models/cmml/cmml-network.ts';
import { initialize } from '../../../src/models/parameter-declarations.ts';

const fields: FeatureField[] = [
  { entity: 'user', name: 'gender', kind: 'categorical' },
  { entity: 'user', name: 'age', kind: 'numeric' },
  { entity: 'item', name: 'rated', kind: 'categorical' },
  { entity: 'item', name: 'genres', kind: 'multiValued' },
];
export const users: Features[] = [
  { gender: 'f', age: 20 },
  { gender: 'm', age: 35 },
  { gender: 'f', age: null },
];
export const items: Features[] = [
  { rated: 'R', genres: ['drama', 'crime'] },
  { rated: 'PG', genres: ['comedy'] },
  { rated: 'PG', genres: ['drama', 'comedy', 'action'] },
  { rated: null, genres: [] },
];

/** A CMML model with every kind of feature, small enough to differentiate by finite differences. */
export const schema = fitFeatureSchema(fields, users, items, { minimumCount: { user: 1, item: 1 } });
export const encodedUsers = encodeFeatures(schema, 'user', users);
export const encodedItems = encodeFeatures(schema, 'item', items);
export const { config, parameters } = smallModel({});

/**
 * Returns the model in any variant. Widths differ between layers, and there are three layers of three modules, so that
 * a layer in the wrong place has the wrong shape.
 */
export function smallModel(variant: CmmlConfigInput): { config: CmmlConfig; parameters: HostTensors } {
  const config = parseCmmlConfig({
    embeddingWidth: 3,
    embeddingDeviation: 1,
    labelWidths: [4, 3],
    contextWidths: [5, 4],
    gruWidth: 3,
    attention: { heads: 2, width: 3 },
    hybridWidths: [5],
    contextShrinkage: 0.5,
    ridgeWidth: 3,
    hyperWidths: [6, 5],
    backboneWidths: [4, 3],
    softModules: { modules: 3, routeWidths: [5, 4, 3], moduleWidths: [4, 3, 2] },
    labels: { mean: 3, deviation: 1.5 },
    ...variant,
  });
  return { config, parameters: moved(initialize(declareCmml(config, schema), 1)) };
}

/** Moves biases and heads away from their initial values, so that tests notice a missing term that starts at zero. */
export function moved(parameters: HostTensors): HostTensors {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, tensor], index) => {
      const data = tensor.data.map((value, at) => value + 0.2 * Math.sin(1 + index + 3 * at));
      return [name, floatTensor(tensor.shape, data as Float32Array)];
    }),
  );
}

/** Tasks with 3, 1 and 0 support pairs. The third has a single query pair, and the fourth is padding. */
export const batchSize = { tasks: 4, support: 3, query: 2, userPerPair: false };
export const batch: HostTensors = {
  supportUsers: integerTensor([4], Int32Array.of(0, 1, 2, 0)),
  queryUsers: integerTensor([4], Int32Array.of(0, 1, 2, 0)),
  supportItems: integerTensor([4, 3], Int32Array.of(0, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0)),
  supportLabels: floatTensor([4, 3], Float32Array.of(5, 2, 4, 1, 0, 0, 0, 0, 0, 0, 0, 0)),
  supportMask: floatTensor([4, 3], Float32Array.of(1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0)),
  queryItems: integerTensor([4, 2], Int32Array.of(3, 1, 2, 0, 1, 0, 0, 0)),
  queryLabels: floatTensor([4, 2], Float32Array.of(3, 1, 4, 5, 2, 0, 0, 0)),
  queryMask: floatTensor([4, 2], Float32Array.of(1, 1, 1, 1, 1, 0, 0, 0)),
};
