import { shopDataset } from '../src/datasets/shop/shop-dataset.ts';
import type { Engine } from '../src/engine/engine.ts';
import { openEngine } from '../src/engine/engines.ts';
import { contentKnn } from '../src/model-benchmark/content-knn.ts';
import type { ScoringModel } from '../src/models/recommender.ts';
import { loadRecommender, type RecommenderKind } from '../src/models/recommenders.ts';
import { recipeFor } from '../src/training/recipe-for.ts';
import { train } from '../src/training/train.ts';
import { measureCategoryPages } from './support/category-pages.ts';
import { categoryPopularity } from './support/category-popularity.ts';
import { type ComparedPages, comparePages, measurePages, type ShopPages } from './support/compare-pages.ts';
import {
  type ByShown,
  dearestShareInTraining,
  measureShopLists,
  openShop,
  type ShopExperiment,
  type ShopMetrics,
} from './support/shop-experiment.ts';
import { readTypedTables } from './support/typed-tables.ts';

/** The seeds of the generated shops. The first one's lists are measured too. */
const shops = [1, 2, 3] as const;

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
export const shopModels = {
  popularity: trained('itemPopularity'),
  'popular in the categories': async ({ data, tables, positives }) => categoryPopularity(data, tables.items, positives),
  'content-kNN': async ({ data }) => contentKnn(data),
  'item-kNN': trained('itemKnn'),
  iALS: trained('ials'),
  'the default': trained(),
} satisfies Record<string, MakeModel>;

/** Measures lists and category pages of held-out customers of synthetic shops. */
export async function benchShop(): Promise<object> {
  const engine = await openEngine('onnx');
  const first = await openGenerated(shops[0]);
  const models: Record<string, ScoringModel> = {};
  const results: Record<string, ShopResults> = {};
  for (const [name, make] of Object.entries(shopModels)) {
    process.stderr.write(`${name}\n`);
    models[name] = await make(first, engine);
    results[name] = await measureShop(models[name], first);
  }
  const dearestInTraining = dearestShareInTraining(first);
  const pages = comparePages(await pagesOfShops(first, models, engine));
  process.stdout.write(
    `${[
      table('Lists of all products, hit rate@20', results, ({ lists }) => lists, 'hitRate'),
      table('Lists of all products, Recall@20', results, ({ lists }) => lists, 'recall'),
      table('Category pages by one model, hit rate@10', results, ({ pages }) => pages, 'hitRate'),
      table('Category pages by one model, Recall@10', results, ({ pages }) => pages, 'recall'),
      markdown(`Category pages of ${shops.length} shops, Recall@10`, pages, formatPages),
      table('Share of the dearest 1 % of products in lists', results, ({ lists }) => lists, 'dearest'),
      `Share of the dearest 1 % of products in training: ${dearestInTraining.toFixed(4)}`,
    ].join('\n\n')}\n`,
  );
  return { customers: first.tests.length, dearestInTraining, results, pages };
}

async function openGenerated(seed: number): Promise<ShopExperiment> {
  return openShop(await readTypedTables(shopDataset({ seed })));
}

/** Measures the category pages of all shops. The models are those of the first one. */
async function pagesOfShops(
  first: ShopExperiment,
  models: Readonly<Record<string, ScoringModel>>,
  engine: Engine,
): Promise<ShopPages[]> {
  const measured: ShopPages[] = [];
  for (const seed of shops) {
    process.stderr.write(`category pages of shop ${seed}\n`);
    const experiment = seed === shops[0] ? first : await openGenerated(seed);
    const modelOf = (name: 'popularity' | 'the default') =>
      (experiment === first && models[name]) || shopModels[name](experiment, engine);
    const [popularity, userModel] = [await modelOf('popularity'), await modelOf('the default')];
    measured.push(await measurePages({ popularity, userModel }, experiment, engine));
  }
  return measured;
}

export async function measureShop(model: ScoringModel, experiment: ShopExperiment): Promise<ShopResults> {
  const pages = await measureCategoryPages(model, experiment);
  return { lists: await measureShopLists(model, experiment), pages: pages.means };
}

function formatPages({ recall, abovePopularity: { mean, ci95 } }: ComparedPages): string {
  const sign = mean < 0 ? '−' : '+';
  return `${recall.toFixed(4)} (${sign}${Math.abs(mean).toFixed(4)} ± ${(ci95 as number).toFixed(4)})`;
}

function table(
  title: string,
  results: Readonly<Record<string, ShopResults>>,
  part: (of: ShopResults) => ByShown,
  metric: keyof ShopMetrics,
): string {
  const rows = Object.fromEntries(Object.entries(results).map(([name, of]) => [name, part(of)]));
  return markdown(title, rows, (metrics) => metrics[metric].toFixed(4));
}

/** Formats a Markdown table with a row for each model and a column for each number of shown interactions. */
function markdown<Cell>(
  title: string,
  rows: Readonly<Record<string, Readonly<Record<string, Cell>>>>,
  format: (cell: Cell) => string,
): string {
  const columns = Object.keys(Object.values(rows)[0] as Record<string, Cell>);
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
    ...Object.entries(rows).map(([name, cells]) =>
      row(
        name,
        columns.map((shown) => format(cells[shown] as Cell)),
      ),
    ),
  ].join('\n');
}
