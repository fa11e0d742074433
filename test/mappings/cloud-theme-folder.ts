/**
 * Invented rows of the Cloud Theme Click Dataset. Theme 11 has the items 501, 502 and 503, and theme 12 has 502 and 504.
 * The click on 502 in theme 12 is on an item of both.
 */
export const cloudThemeFolder = {
  'theme_click_log.csv': [
    'user_id,theme_id,item_id,leaf_cate_id,cate_level1_id,clk_cnt,reach_time',
    '1,11,501,50011980,16,1,2018-10-07 21:35:58',
    '1,11,502,121458013,50008165,3,2018-10-07 21:36:01',
    '2,12,502,121458013,50008165,1,2018-12-07 00:00:00',
    '',
  ].join('\n'),
  'theme_item_pool.csv': ['theme_id,item_id', '11,501', '11,502', '11,503', '12,502', '12,504', ''].join('\n'),
  'user_item_purchase_log.csv': [
    'user_id,item_id,paytime',
    '1,503,2018-09-30 08:00:00',
    '3,900,2018-09-01 12:30:00',
    '',
  ].join('\n'),
  'item_embedding.csv': ['item_id,emb', '501,"0.5 -1.25 1e-3"', '504,"1 2 3"', ''].join('\n'),
  'user_embedding.csv': ['user_id,emb', '1,"0.25 -4"', '4,"8 16"', ''].join('\n'),
};
