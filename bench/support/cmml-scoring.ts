import type { FunctionDefinition, HostTensors } from '../../src/engine/engine.ts';
import { scalarTensor } from '../../src/engine/host-tensor.ts';
import type { FeatureSchema } from '../../src/features/feature-schema.ts';
import type { CmmlConfig } from '../../src/models/cmml/cmml-config.ts';
import { scoreFunction } from '../../src/models/cmml/cmml-functions.ts';
import { declareCmml } from '../../src/models/cmml/cmml-network.ts';
import { embeddedWidth } from '../../src/models/embedding/entity-embedding.ts';
import { pairWidth } from '../../src/models/embedding/pair-embedding.ts';
import { initialise } from '../../src/models/parameter-declarations.ts';
import { madeUpNumbers } from './made-up-numbers.ts';

export const candidates = 1000;

export interface Scoring {
  readonly definition: FunctionDefinition;
  readonly inputs: HostTensors;
  /** Floating-point operations of the products with weights that each candidate needs, for all of them. */
  readonly operations: number;
}

/** Scores of one user's candidates. */
export function cmmlScoring(config: CmmlConfig, schema: FeatureSchema): Scoring {
  const { fn, inputs } = scoreFunction(config, schema);
  const parameters = initialise(declareCmml(config, schema), 1);
  const drawn = Object.entries(inputs).map(([name, { shape }]) => {
    const sizes = shape.map((dimension) => (typeof dimension === 'number' ? dimension : candidates));
    return [name, madeUpNumbers(sizes)] as const;
  });
  return {
    definition: { fn, parameters, inputs },
    inputs: { ...Object.fromEntries(drawn), count: scalarTensor(50) },
    operations: 2 * candidates * weightsPerItem(parameters, config, schema),
  };
}

/** The item's share of the layers that read the pair, and all of the layers after them. */
function weightsPerItem(parameters: HostTensors, config: CmmlConfig, schema: FeatureSchema): number {
  const itemShare = embeddedWidth(config, schema, 'item') / pairWidth(config, schema);
  return Object.entries(parameters)
    .filter(([name]) => name.endsWith('.weight') && !name.startsWith('context.'))
    .map(([name, { data }]) => (readsPair.test(name) ? data.length * itemShare : data.length))
    .reduce((sum, weights) => sum + weights, 0);
}

const readsPair = /^(hyper|backbone|route|modules)\.1\.weight$/;
