import { pickSome, type Random } from './random.ts';

// All names are invented. They do not refer to real things.

export const genres = list(
  'Adventure, Comedy, Drama, Fable, Heist, Journey, Legend, Mystery, Nature, Puzzle, Romance, Satire',
);
export const eras = list('1970s, 1980s, 1990s, 2000s, 2010s, 2020s');
export const ageGroups = list('under 18, 18-24, 25-34, 35-49, 50-64, 65 and over');
export const regions = list('Ashmoor, Birchvale, Coldwater, Dunmere, Eastholm, Fernley, Greyport, Highmarsh');

export const occasions = list(`
  Rainy Sunday, Long train ride, Family dinner, First date, Late night, Quiet morning, Road trip, Snow day,
  Birthday party, Lunch break, Holiday abroad, Evening alone, Game night, Summer garden, Waiting room, Reunion,
  Sick day, Night shift, Campfire, Moving house`);

const founders = list(`
  Aldane, Brisk, Corvo, Dellamar, Emberly, Fauntle, Grindle, Hollin, Imbrey, Jostrand, Kestley, Lomax, Merrow,
  Nettle, Ordwin, Pellar, Quillon, Rusk, Saltmarsh, Tarn`);

/** 60 names of makers of items. */
export const makers: readonly string[] = founders.flatMap((founder) =>
  list('& Daughters, Brothers, Works').map((house) => `${founder} ${house}`),
);

const adjectives = list(`
  Amber, Borrowed, Brass, Careful, Crooked, Distant, Double, Drowsy, Eleventh, Fading, Folded, Gentle, Hidden,
  Hollow, Idle, Ivory, Jagged, Little, Lost, Midnight, Narrow, Painted, Patient, Quiet, Restless, Salted, Scarlet,
  Silent, Tangled, Unlikely, Velvet, Wandering, Wooden`);

const nouns = list(`
  Almanac, Anchor, Bakery, Bridge, Candle, Carousel, Clockmaker, Compass, Curtain, Ferry, Garden, Harbour, Hedgehog,
  Island, Kettle, Lantern, Ledger, Lighthouse, Locksmith, Meadow, Mirror, Orchard, Parcel, Piano, Postcard, Quarry,
  Raven, Staircase, Teapot, Telegram, Umbrella, Violin, Weathervane`);

/** Returns distinct titles: `The Amber Lantern`, and `The Amber Lantern 2` once all pairs are used. */
export function inventTitles(random: Random, count: number): string[] {
  const pairs = adjectives.flatMap((adjective) => nouns.map((noun) => `The ${adjective} ${noun}`));
  const shuffled = pickSome(random, pairs, pairs.length);
  return Array.from({ length: count }, (_, index) => numbered(shuffled, index));
}

/** Returns the index-th name. Once all names are used, they repeat with a number. */
export function numbered(names: readonly string[], index: number): string {
  const round = Math.floor(index / names.length) + 1;
  const name = names[index % names.length] as string;
  return round === 1 ? name : `${name} ${round}`;
}

function list(text: string): readonly string[] {
  return text.split(',').map((word) => word.trim());
}
