/** Writes rows as CSV with quotes around the cells that need them. */
export function stringify(rows: readonly (readonly string[])[], delimiter: string): string {
  const written = (cell: string) =>
    cell === '' || /[",;|\t\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
  return `${rows.map((row) => row.map(written).join(delimiter)).join('\n')}\n`;
}
