import type { HostTensors } from '../../../../src/engine/engine.ts';
import type { FeatureSchema } from '../../../../src/features/feature-schema.ts';
import { headParameters } from '../../../../src/models/cmml/lists/closed-form-head.ts';
import { type ListConfig, parseListConfig } from '../../../../src/models/cmml/lists/list-config.ts';
import { declareList } from '../../../../src/models/cmml/lists/list-network.ts';
import { ratingParameters } from '../../../../src/models/cmml/lists/rating-head.ts';
import { initialize } from '../../../../src/models/parameter-declarations.ts';
import { moved } from '../small-cmml.ts';

/** The width of the closed-form head's factors. */
const factorWidth = 3;

/** Returns a model that ranks the catalog, small enough to differentiate by finite differences. */
export function smallList(
  schema: FeatureSchema,
  variant: object = {},
): { config: ListConfig; parameters: HostTensors } {
  const config = parseListConfig({
    objective: 'softmax',
    vectorWidth: 4,
    closedForm: { width: factorWidth },
    ratingHead: { width: 2, regularization: 0.7, biasRegularization: 1.3 },
    hyperWidths: [4, 3],
    backboneWidths: [3, 2],
    labels: { mean: 3, deviation: 1.5 },
    positiveFrom: 4,
    ...variant,
  });
  const parameters = moved(initialize(declareList(config, schema), 1));
  const factors = parameters[headParameters.factors]?.data as Float32Array;
  const gram = parameters[headParameters.gram]?.data;
  for (const at of gram?.keys() ?? []) {
    (gram as Float32Array)[at] = 0.3 * product(factors, Math.floor(at / factorWidth), at % factorWidth);
  }
  parameters[headParameters.penalty]?.data.set([0.1, 1.5]);
  parameters[ratingParameters.range]?.data.set([1, 5]);
  return { config, parameters };
}

/** Returns `Σ y[a]·y[b]` over the factors y of all items. */
function product(factors: Float32Array, a: number, b: number): number {
  let sum = 0;
  for (let start = 0; start < factors.length; start += factorWidth) {
    sum += (factors[start + a] as number) * (factors[start + b] as number);
  }
  return sum;
}
