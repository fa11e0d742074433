/** What the ID in a column is of. */
export type EntityRole = 'user' | 'item' | 'scenario';
/** What else a column of interactions or of a catalog is. */
export type ValueRole = 'rating' | 'event' | 'time' | 'title';

/** The words for users, items and scenarios. If several columns fit, the one with the earliest word is taken. */
const entityWords: Record<EntityRole, readonly string[]> = {
  user: [
    ...['user', 'customer', 'member', 'visitor', 'client', 'buyer', 'shopper', 'subscriber', 'listener', 'reader'],
    ...['viewer', 'player', 'reviewer', 'account', 'person', 'profile', 'uid'],
  ],
  item: [
    ...['item', 'product', 'sku', 'movie', 'film', 'track', 'song', 'article', 'news', 'book', 'video', 'game'],
    ...['asin', 'isbn', 'recipe', 'podcast', 'episode', 'listing', 'offer', 'course', 'anime', 'content', 'artist'],
  ],
  scenario: ['scenario', 'campaign', 'occasion', 'playlist', 'collection', 'theme', 'shelf', 'placement'],
};

const valueWords: Record<ValueRole, readonly string[]> = {
  rating: ['rating', 'stars', 'score', 'rate', 'grade', 'overall'],
  event: ['event', 'action', 'behavior', 'behaviour', 'activity', 'interaction', 'verb', 'type'],
  time: ['time', 'timestamp', 'datetime', 'date', 'ts', 'created', 'occurred', 'when', 'at'],
  title: ['title', 'name', 'headline', 'label', 'caption'],
};

/** Words that say that a column has IDs. */
const idWords: readonly string[] = ['id', 'key', 'uuid', 'guid', 'code', 'number', 'no', 'nr', 'uri', 'external'];

/** Returns the words of a name such as `customerId`, `customer_id` or `Customer-ID`. */
export function wordsOf(name: string): string[] {
  const words = name
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\d]+/u)
    .filter(Boolean);
  return words.flatMap((word) =>
    word.endsWith('id') && isEntityWord(word.slice(0, -2)) ? [word.slice(0, -2), 'id'] : word,
  );
}

/** Returns how well a name fits IDs of a kind: 0 is best; `undefined` if it does not fit. */
export function entityRank(name: string, role: EntityRole): number | undefined {
  const words = wordsOf(name).filter((word) => !idWords.includes(word));
  const ranks = words.map((word) => entityWords[role].indexOf(word));
  return ranks.length > 0 && Math.min(...ranks) >= 0 ? Math.min(...ranks) : undefined;
}

/** Whether a name says only that the column has IDs, but not of what. */
export function isPlainId(name: string): boolean {
  return wordsOf(name).every((word) => idWords.includes(word));
}

/** Whether a name says that the column has codes, so that digits are not a number. */
export function isCode(name: string): boolean {
  return wordsOf(name).some((word) => [...idWords, 'zip', 'postal', 'postcode', 'phone', 'version'].includes(word));
}

export function hasValueRole(name: string, role: ValueRole): boolean {
  return wordsOf(name).some((word) => valueWords[role].includes(word));
}

/** Returns of what a file with this name is a catalog, such as `customers.csv`. */
export function roleOfFile(file: string): EntityRole | undefined {
  const words = wordsOf(file.replace(/\..*$/, '')).flatMap((word) => [
    word,
    word.replace(/s$/, ''),
    word.replace(/ies$/, 'y'),
  ]);
  const roles: readonly EntityRole[] = ['scenario', 'user', 'item'];
  return roles.find((role) => words.some((word) => entityWords[role].includes(word)));
}

function isEntityWord(word: string): boolean {
  return Object.values(entityWords).some((words) => words.includes(word));
}
