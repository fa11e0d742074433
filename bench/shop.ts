import { shopDataset } from '../src/datasets/shop/shop-dataset.ts';
import type { Engine } from '../src/engine/engine.ts';
import { openEngine } from '../src/engine/engines.ts';
import { contentKnn } from '../src/model-benchmark/content-knn.ts';
import type { ScoringModel } from '../src/models/recommender.ts';
import { loadRecommender, type RecommenderKind } from '../src/models/recommenders.ts';
import { recipeFor } from '../src/training/recipe-for.ts';
import { train } from '../src/training/train.ts';
import { categoryPopularity } from './support/category-popularity.ts';
import {
  type ByShown,
  dearestShareInTraining,
  measureCategoryPages,
  measureShopLists,
  openShop,
  type ShopExperiment,
  type ShopMetrics,
} from './support/shop-experiment.ts';
import { readTypedTables } from './support/typed-tables.ts';

/** The lists of a model, and its category pages. */
export interface ShopResults {
  readonly lists: ByShown;
  readonly pages: ByShown;
}

type MakeModel = (experiment: ShopExperiment, engine: Engine) => Promise<ScoringModel>;

const trained =
  (kind?: RecommenderKind): MakeModel =>
  async ({ data }, engine) => {
    const { artifact } = await train({ recipe: recipeFor('USER', { kind }), data, engine });
    return loadRecommender(artifact, engine);
  };

/** The default for users, as `train` trains it, and what it is compared with. */
export const shopModels: Readonly<Record<string, MakeModel>> = {
  popularity: trained('itemPopularity'),
  'popular in the categories': async ({ data, tables, positives }) => categoryPopularity(data, tables.items, positives),
  'content-kNN': async ({ data }) => contentKnn(data),
  'item-kNN': trained('itemKnn'),
  iALS: trained('ials'),
  'the default': trained(),
};

/** Measures lists and category pages of held-out customers of a synthetic shop. */
export async function benchShop(): Promise<object> {
  const engine = await openEngine('onnx');
  const experiment = openShop(await readTypedTables(shopDataset()));
  const results: Record<string, ShopResults> = {};
  for (const [name, make] of Object.entries(shopModels)) {
    process.stderr.write(`${name}\n`);
    results[name] = await measureShop(await make(experiment, engine), experiment);
  }
  const dearestInTraining = dearestShareInTraining(experiment);
  process.stdout.write(
    `${[
      table('Lists of all products, hit rate@20', results, ({ lists }) => lists, 'hitRate'),
      table('Lists of all products, Recall@20', results, ({ lists }) => lists, 'recall'),
      table('Category pages, hit rate@10', results, ({ pages }) => pages, 'hitRate'),
      table('Category pages, Recall@10', results, ({ pages }) => pages, 'recall'),
      table('Share of the dearest 1 % of products in lists', results, ({ lists }) => lists, 'dearest'),
      `Share of the dearest 1 % of products in training: ${dearestInTraining.toFixed(4)}`,
    ].join('\n\n')}\n`,
  );
  return { customers: experiment.tests.length, dearestInTraining, results };
}

export async function measureShop(model: ScoringModel, experiment: ShopExperiment): Promise<ShopResults> {
  return { lists: await measureShopLists(model, experiment), pages: await measureCategoryPages(model, experiment) };
}

/** Formats a Markdown table with a row for each model. */
function table(
  title: string,
  results: Readonly<Record<string, ShopResults>>,
  part: (of: ShopResults) => ByShown,
  metric: keyof ShopMetrics,
): string {
  const columns = Object.keys(part(Object.values(results)[0] as ShopResults));
  const row = (name: string, cells: readonly string[]) => `| ${[name, ...cells].join(' | ')} |`;
  return [
    `${title}:`,
    '',
    row(
      'model',
      columns.map((shown) => `${shown} shown`),
    ),
    row(
      '---',
      columns.map(() => '---'),
    ),
    ...Object.entries(results).map(([name, of]) =>
      row(
        name,
        columns.map((shown) => (part(of)[shown] as ShopMetrics)[metric].toFixed(4)),
      ),
    ),
  ].join('\n');
}
