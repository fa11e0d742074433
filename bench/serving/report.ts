/** A row of the table that a benchmark prints. */
export interface Row {
  readonly what: string;
  readonly value: number | null;
  readonly unit: string;
  /** In words, such as “0.31 of bare Apollo”. */
  readonly beside?: string;
  /** The target in words. */
  readonly target?: string;
}

/** Prints a row as soon as it is measured. */
export function printRow({ what, value, unit, beside = '', target }: Row): void {
  const measured = value === null ? 'never' : `${figure(value)} ${unit}`;
  const cells = [what.padEnd(44), measured.padStart(18), beside.padEnd(24), target ? `target: ${target}` : ''];
  process.stdout.write(`${cells.join('  ').trimEnd()}\n`);
}

export function printHeading(text: string): void {
  process.stdout.write(`\n${text}\n`);
}

function figure(value: number): string {
  const decimals = value < 10 ? 2 : value < 100 ? 1 : 0;
  return value.toLocaleString('en-US', { maximumFractionDigits: decimals });
}
