const columnGap = '   ';
const widestColumn = 56;

/** Two lists as two columns; the first line of each is its heading. */
export function sideBySide(left: readonly string[], right: readonly string[]): string {
  const width = Math.min(widestColumn, Math.max(...left.map((line) => line.length)));
  const lines = Array.from({ length: Math.max(left.length, right.length) }, (_, row) => {
    const number = row === 0 ? '  ' : String(row).padStart(2);
    return `${number} ${cut(left[row] ?? '', width).padEnd(width)}${columnGap}${number} ${cut(right[row] ?? '', widestColumn)}`.trimEnd();
  });
  return lines.join('\n');
}

function cut(line: string, width: number): string {
  return line.length <= width ? line : `${line.slice(0, width - 1)}…`;
}
