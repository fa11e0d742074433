import { type Folder, plantedRatings, plantedScenarios } from './planted-folder.ts';

const time = '2018-10-07 21:35:58';

/**
 * A folder of the Cloud Theme Click Dataset with the users, items and preferences of `plantedFolder`. A film is an item, a
 * scenario is a theme, and a rating is a click in each theme of the film. A user bought the first two of them.
 */
export function plantedThemes(): Folder {
  const themes = Object.values(plantedScenarios).map((films, theme) => ({ theme, films }));
  const ratings = plantedRatings();
  const clicks = ratings.flatMap(({ user, film }) =>
    themes
      .filter(({ films }) => films.includes(film))
      .map(({ theme }) => `${user},${theme},${film},7,${film % 2},1,${time}`),
  );
  const bought = ratings.filter(({ user }, row) => ratings[row - 2]?.user !== user);
  const items = Array.from({ length: 40 }, (_, item) => item);
  return {
    'theme_click_log.csv': lines('user_id,theme_id,item_id,leaf_cate_id,cate_level1_id,clk_cnt,reach_time', clicks),
    'theme_item_pool.csv': lines(
      'theme_id,item_id',
      themes.flatMap(({ theme, films }) => films.map((film) => `${theme},${film}`)),
    ),
    'user_item_purchase_log.csv': lines(
      'user_id,item_id,paytime',
      bought.map(({ user, film }) => `${user},${film},${time}`),
    ),
    'item_embedding.csv': lines(
      'item_id,emb',
      items.map((item) => `${item},"${item % 2} 1"`),
    ),
    'user_embedding.csv': lines(
      'user_id,emb',
      ratings.filter(({ user }, row) => ratings[row - 1]?.user !== user).map(({ user }) => `${user},"${user % 2} 1"`),
    ),
  };
}

function lines(header: string, rows: readonly string[]): string {
  return `${[header, ...rows].join('\n')}\n`;
}
