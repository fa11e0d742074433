import type { Engine } from '../../src/engine/engine.ts';
import { type Estimate, estimate } from '../../src/model-benchmark/measure-model.ts';
import type { ScoringModel } from '../../src/models/recommender.ts';
import { measureCategoryPages, measureServedPages } from './category-pages.ts';
import { trainOnCategories } from './shop-categories.ts';
import type { MeasuredLists, ShopExperiment } from './shop-experiment.ts';

/** Who makes the category pages of a shop. The first is what the others are compared with. */
export const pageMakers = ['popularity', 'user model', 'scenario model', 'both, as served'] as const;
export type PageMaker = (typeof pageMakers)[number];
export type ShopPages = Readonly<Record<PageMaker, MeasuredLists>>;

/** Measures the category pages of a shop by all of their makers. Trains the scenario model. */
export async function measurePages(
  { popularity, userModel }: Readonly<Record<'popularity' | 'userModel', ScoringModel>>,
  experiment: ShopExperiment,
  engine: Engine,
): Promise<ShopPages> {
  const categories = await trainOnCategories(experiment, engine);
  return {
    popularity: await measureCategoryPages(popularity, experiment),
    'user model': await measureServedPages(categories, userModel, 'own', experiment),
    'scenario model': await measureServedPages(categories, userModel, 'scenario', experiment),
    'both, as served': await measureServedPages(categories, userModel, 'both', experiment),
  };
}

/** Recall@10 on the pages of several shops, and by how much it is above that of popularity on the same page. */
export interface ComparedPages {
  readonly recall: number;
  readonly abovePopularity: Estimate;
}

/** Compares the pages of all shops together, by their maker and by the number of interactions that are shown. */
export function comparePages(
  shops: readonly ShopPages[],
): Readonly<Record<PageMaker, Readonly<Record<string, ComparedPages>>>> {
  const recallsOf = (maker: PageMaker, shown: string) => shops.flatMap((pages) => pages[maker].recalls[shown] ?? []);
  const compare = (maker: PageMaker, shown: string): ComparedPages => {
    const recalls = recallsOf(maker, shown);
    const popular = recallsOf('popularity', shown);
    const differences = recalls.map((recall, page) => recall - (popular[page] as number));
    return { recall: estimate(recalls).mean, abovePopularity: estimate(differences) };
  };
  const columns = Object.keys(shops[0]?.popularity.recalls ?? {});
  const row = (maker: PageMaker) => Object.fromEntries(columns.map((shown) => [shown, compare(maker, shown)]));
  return Object.fromEntries(pageMakers.map((maker) => [maker, row(maker)])) as ReturnType<typeof comparePages>;
}
