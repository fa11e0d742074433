import {
  codeWords,
  type EntityRole,
  entityEnds,
  entityWords,
  idWords,
  timeEnds,
  type ValueRole,
  valueWords,
} from './column-words.ts';

/** Returns the words of a name such as `customerId`, `customer_id` or `Customer-ID`, in lower case. */
export function wordsOf(name: string): string[] {
  const words = name
    .normalize('NFC')
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\d]+/u)
    .filter(Boolean);
  return words.flatMap(partsOf);
}

/** Returns the words of a name as the lists of words have them: without accents. */
export function plainWordsOf(name: string): string[] {
  return wordsOf(name).map(withoutAccents);
}

/** Returns how well a name fits IDs of a kind: 0 is best; `undefined` if it does not fit. */
export function entityRank(name: string, role: EntityRole): number | undefined {
  const words = plainWordsOf(name).filter((word) => !idWords.includes(word));
  const ranks = words.map((word) => entityWords[role].indexOf(word));
  return ranks.length > 0 && Math.min(...ranks) >= 0 ? Math.min(...ranks) : undefined;
}

/** Whether a name says that the column has IDs. */
export function namesIds(name: string): boolean {
  return plainWordsOf(name).some((word) => idWords.includes(word));
}

/** Whether a name says only that the column has IDs, but not of what. */
export function isPlainId(name: string): boolean {
  return plainWordsOf(name).every((word) => idWords.includes(word));
}

/** Whether a name says that the column has codes, so that digits are not a number. */
export function isCode(name: string): boolean {
  return plainWordsOf(name).some((word) => codeWords.includes(word));
}

export function hasValueRole(name: string, role: ValueRole): boolean {
  return plainWordsOf(name).some(
    (word) => valueWords[role].includes(word) || (role === 'time' && timeEnds.some((end) => word.endsWith(end))),
  );
}

/** Returns of what a file with this name is a catalog, such as `customers.csv`. */
export function roleOfFile(file: string): EntityRole | undefined {
  const words = plainWordsOf(file.replace(/\..*$/, '')).flatMap((word) => [
    word,
    word.replace(/s$/, ''),
    word.replace(/ies$/, 'y'),
  ]);
  const roles: readonly EntityRole[] = ['scenario', 'user', 'item'];
  return roles.find((role) => words.some((word) => entityWords[role].includes(word)));
}

/** Splits a compound such as `userid` or `artikelbezeichnung`. */
function partsOf(word: string): readonly string[] {
  const end = entityEnds.find((text) => word.endsWith(text) && isEntityWord(word.slice(0, -text.length)));
  return end === undefined ? [word] : [word.slice(0, -end.length), end];
}

function isEntityWord(word: string): boolean {
  return Object.values(entityWords).some((words) => words.includes(withoutAccents(word)));
}

function withoutAccents(word: string): string {
  return word.normalize('NFD').replace(/\p{M}/gu, '');
}
