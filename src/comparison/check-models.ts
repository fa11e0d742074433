import { parseCmmlConfig } from '../models/cmml/cmml-config.ts';
import { parseDcnConfig } from '../models/dcn/dcn-config.ts';
import { parseItemPopularityConfig } from '../models/item-popularity/item-popularity-config.ts';
import type { RecommenderKind } from '../models/recommenders.ts';
import { parseTrainingOptions } from '../training/training-options.ts';
import { changeRecipe } from './change-recipe.ts';
import { comparedModel } from './compared-models.ts';
import type { ComparisonRequest } from './comparison-request.ts';

const parsers: Record<RecommenderKind, (config: unknown) => unknown> = {
  cmml: parseCmmlConfig,
  dcn: parseDcnConfig,
  itemPopularity: parseItemPopularityConfig,
};

/** Throws INVALID_CONFIGURATION when one of the models cannot be what is asked for, before any of them is trained. */
export function checkModels(
  models: readonly string[],
  request: Pick<ComparisonRequest, 'taskKind' | 'config' | 'options' | 'epochs'>,
): void {
  parseTrainingOptions(request.options ?? {});
  for (const name of models) {
    const { kind, config, options } = changeRecipe(comparedModel(request.taskKind, name), request);
    parsers[kind](config);
    parseTrainingOptions(options);
  }
}
