import type { Table } from '../tables/table.ts';
import { isPlaceholder } from './placeholder.ts';

/** Returns the message about columns that a mapping names and a table lacks. */
export function missingColumns({ file, columns }: Pick<Table, 'file' | 'columns'>, missing: readonly string[]): string {
  const placeholders = missing.filter(isPlaceholder).map((name) => `"${name}"`);
  if (placeholders.length > 0)
    return (
      `expected the names of columns of ${file} in the mapping, got ${placeholders.join(' and ')}; ` +
      `replace each by one of its columns ${columns.join(', ')}`
    );
  const wanted = missing.map((name) => {
    const near = nearest(name, columns);
    return near === undefined ? `"${name}"` : `"${name}" (did you mean "${near}"?)`;
  });
  const noun = missing.length === 1 ? 'the column' : 'the columns';
  return `expected ${noun} ${wanted.join(', ')} in ${file}, got the columns ${columns.join(', ') || '(none)'}; correct the mapping or the file`;
}

/** Returns the name that is most likely meant: equal but for case and punctuation, or with few other letters. */
export function nearest(name: string, others: readonly string[]): string | undefined {
  const letters = lettersOf(name);
  const same = others.find((other) => lettersOf(other) === letters);
  if (same !== undefined) return same;
  const [best] = others
    .map((other) => ({ other, edits: editsBetween(letters, lettersOf(other)) }))
    .filter(({ edits }) => edits <= Math.max(1, Math.floor(letters.length / 3)))
    .sort((a, b) => a.edits - b.edits);
  return best?.other;
}

function lettersOf(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}

/** The Levenshtein distance: the number of characters to insert, delete or replace. */
function editsBetween(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let index = 1; index <= from.length; index++) {
    const next = [index];
    for (let other = 1; other <= to.length; other++) {
      const replaced = (row[other - 1] as number) + (from[index - 1] === to[other - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[other] as number) + 1, (next[other - 1] as number) + 1));
    }
    row = next;
  }
  return row[to.length] as number;
}
