import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { shopDataset } from '../../src/datasets/shop/shop-dataset.ts';

/** Writes the files of a made-up shop into a folder: customers, products, and what customers did. */
const [folder = 'shop-files'] = process.argv.slice(2);
const shop = shopDataset({ users: 1000, items: 1500, interactions: 60 });
const ignore = () => {};
/** What the shop calls these. */
const events: Readonly<Record<string, string>> = { VIEW: 'view', CART: 'add_to_cart', PURCHASE: 'purchase' };

mkdirSync(folder, { recursive: true });
const customers = ['customer_no,age_band,country'];
for await (const { rows } of shop.users(ignore))
  for (const { record } of rows)
    customers.push([record.id, record.features.ageBand, record.features.country].join(','));

const products = ['sku;name;category;brand;price'];
for await (const { rows } of shop.items(ignore)) {
  for (const { record } of rows) {
    const { category, brand, price } = record.features;
    products.push([record.id, `"${record.title}"`, category, brand, String(price).replace('.', ',')].join(';'));
  }
}

const visits: string[] = [];
for await (const { rows } of shop.interactions(ignore))
  for (const { record } of rows)
    visits.push([record.time?.toISOString(), record.userId, record.itemId, events[record.type]].join(','));

writeFileSync(join(folder, 'customers.csv'), `${customers.join('\n')}\n`);
writeFileSync(join(folder, 'products.csv'), `${products.join('\n')}\n`);
// A log has the events of all customers in the order of time.
writeFileSync(join(folder, 'events.csv'), `event_time,customer_no,sku,event\n${visits.sort().join('\n')}\n`);
