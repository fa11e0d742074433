/** Returns how a value, of which higher is better, compares to a rival's, for example "12% better than". */
export function comparedTo(rivalValue: number, value: number): string {
  if (value === rivalValue) return 'equal to';
  if (rivalValue === 0) return 'better than';
  const ratio = value / rivalValue;
  // From twice on, a percentage is hard to read.
  if (ratio >= 2) return `${rounded(ratio)} times`;
  const percent = Math.abs(ratio - 1) * 100;
  return `${percent < 0.1 ? 'less than 0.1' : rounded(percent)}% ${ratio > 1 ? 'better' : 'worse'} than`;
}

/** Returns a number with at most one decimal. */
function rounded(value: number): number {
  return Number(value.toFixed(1));
}
