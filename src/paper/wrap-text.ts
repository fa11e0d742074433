/** Wraps a paragraph at a number of columns, as the pages of docs/ are. A longer word has a line of its own. */
export function wrapText(text: string, columns = 120): string {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= columns) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.join('\n');
}
