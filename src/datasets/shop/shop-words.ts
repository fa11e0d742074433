import { pickSome, type Random } from '../synthetic/random.ts';

// All names of brands are invented. They do not refer to real things.

export const categories = list(`
  Tents, Sleeping bags, Backpacks, Hiking boots, Rain jackets, Camp stoves, Bicycles, Helmets, Bike lights, Locks,
  Skis, Ski boots, Goggles, Sledges, Kayaks, Paddles, Life vests, Fishing rods, Tackle, Ropes,
  Headlamps, Bottles, Knives, Maps, Watches, Running shoes, Shorts, Socks, Gloves, Hats,
  Yoga mats, Weights, Rackets, Balls, Nets, Skateboards, Scooters, Swimsuits, Towels, First aid`);

export const countries = list('Ashland, Birchmark, Coldstrand, Dunmoor, Eastvale, Fernholm, Greywick, Highfen');
export const ageBands = list('under 25, 25-34, 35-44, 45-54, 55-64, 65 and over');

const firstHalves = list(`
  Alder, Bram, Corrin, Dovra, Elke, Fjel, Gorse, Hald, Ister, Jorn, Kelda, Lunde, Marl, Nord, Orla, Pike, Quill, Rask,
  Skar, Tove`);
const secondHalves = list('berg, craft, dale, field, haven, mark');

/** 120 names of brands. */
export const brands: readonly string[] = firstHalves.flatMap((first) => secondHalves.map((second) => first + second));

const models = list(`
  Arrow, Beacon, Cinder, Delta, Ember, Falcon, Glider, Harrier, Iris, Juniper, Kestrel, Lynx, Meteor, Nimbus, Otter,
  Pioneer, Quartz, Ranger, Sparrow, Tundra`);

/** Returns a title such as `Aldercraft Falcon 12 (Tents)`. */
export function productTitle(random: Random, brand: string, category: string, number: number): string {
  return `${brand} ${pickSome(random, models, 1)[0]} ${number} (${category})`;
}

function list(text: string): readonly string[] {
  return text.split(',').map((word) => word.trim());
}
