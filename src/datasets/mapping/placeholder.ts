const start = 'FILL IN: ';

/** Returns what stands in a mapping for a column that only its author knows, such as `the column with the IDs of users`. */
export function placeholder(what: string): string {
  return `${start}${what}`;
}

export function isPlaceholder(column: string): boolean {
  return column.startsWith(start);
}
