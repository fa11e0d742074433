import { ignored } from '../mapping-interactions.ts';
import { plainWordsOf, wordsOf } from './column-names.ts';
import { type Meaning, meanings } from './event-words.ts';
import {
  cancellingStems,
  cancellingWords,
  likingWords,
  negatingWords,
  shortNegation,
  undoing,
} from './negating-words.ts';

/** What an event means. */
export interface EventMeaning {
  readonly type: Meaning['type'];
  /** Which word turns the meaning around, and that it has to be checked. */
  readonly note?: string;
}

/**
 * Returns what an event such as `in den Warenkorb` means; `undefined` if it has no known word. What did not happen or was
 * taken back is ignored, but a like that is negated is a dislike.
 */
export function meaningOf(text: string): EventMeaning | undefined {
  const joinedPrefixes = text.replace(new RegExp(`(?<!\\p{L})${undoing}-(?=\\p{L})`, 'giu'), undoing);
  const words = plainWordsOf(joinedPrefixes);
  const meaning = meaningOfWords(words);
  const negation = wordLike(joinedPrefixes, (word) => negatingWords.includes(word)) ?? shortNegation.exec(text)?.[0];
  if (negation !== undefined) return negated(words, meaning, negation);
  const cancelling = wordLike(joinedPrefixes, takesBack);
  if (cancelling === undefined) return meaning;
  return { type: ignored, note: `the word "${cancelling}" says that something was taken back, so check it` };
}

/** Returns what words mean without what turns them around. A compound can be written as several words. */
function meaningOfWords(words: readonly string[]): Meaning | undefined {
  const joined = words.join('');
  return meanings.find((meaning) => meaning.words.some((word) => words.includes(word) || joined === word));
}

function negated(words: readonly string[], meaning: Meaning | undefined, negation: string): EventMeaning | undefined {
  const isLiking = meaning?.type === 'LIKE' || words.some((word) => likingWords.includes(word));
  if (isLiking || (meaning?.type === 'DISLIKE' && !words.some((word) => meaning.words.includes(word))))
    return { type: 'DISLIKE', note: `the word "${negation}" makes a dislike of it, so check it` };
  if (meaning === undefined && !words.some(takesBack)) return undefined;
  return { type: ignored, note: `the word "${negation}" says that it did not happen, so check it` };
}

function takesBack(word: string): boolean {
  if (cancellingWords.includes(word) || cancellingStems.some((stem) => word.startsWith(stem))) return true;
  const rest = word.startsWith(undoing) ? word.slice(undoing.length) : '';
  return meanings.some(({ words }) => words.includes(rest));
}

/** Returns the first word of a text that fits without its accents, as the text has it. */
function wordLike(text: string, fits: (plain: string) => boolean): string | undefined {
  const index = plainWordsOf(text).findIndex(fits);
  return index < 0 ? undefined : wordsOf(text)[index];
}
