import { filePattern } from '../match-files.ts';
import type { FileInput } from './guess-file.ts';

/** From the first digit of a name to its last one, such as the date in `log-2026-03-01.csv`. */
const numbers = /\d(?:.*\d)?/;

/**
 * Gives files whose names differ only in their numbers one entry, such as `log-*.csv`, if their entries are equal. So the
 * mapping also fits the next file. Keeps the notes of the first file of each such entry, and adds one that says so.
 */
export function joinAlike(entries: readonly FileInput[], files: readonly string[], notes: string[]): FileInput[] {
  const joined = new Map<string, FileInput[]>();
  for (const entry of entries) {
    const pattern = patternOf(entry.file);
    joined.set(pattern, [...(joined.get(pattern) ?? []), entry]);
  }
  return [...joined].flatMap(([pattern, group]) => {
    const all = files.filter((file) => filePattern(pattern).test(file));
    if (group.length < 2 || all.length > group.length || !areAlike(group)) return group;
    const [first, ...others] = group as [FileInput, ...FileInput[]];
    removeRepeated(first, others, notes);
    notes.push(
      `${pattern}: stands for ${group.length} files with the same columns; the notes are those of ${first.file}.`,
    );
    return [{ ...first, file: pattern }];
  });
}

function patternOf(file: string): string {
  return file.replace(numbers, '*');
}

function areAlike([first, ...others]: readonly FileInput[]): boolean {
  const textOf = (entry: FileInput | undefined) => JSON.stringify({ ...entry, file: '' });
  return others.every((entry) => textOf(entry) === textOf(first));
}

/** Removes the notes that the first file has too. */
function removeRepeated({ file }: FileInput, others: readonly FileInput[], notes: string[]): void {
  const ofFirst = notes.filter((note) => note.startsWith(`${file}: `)).map((note) => note.slice(file.length));
  const repeated = new Set(others.flatMap((other) => ofFirst.map((note) => `${other.file}${note}`)));
  const kept = notes.filter((note) => !repeated.has(note));
  notes.splice(0, notes.length, ...kept);
}
