/**
 * What became of a request: answered in full, refused because of overload, without an answer (its connection was reset,
 * or it timed out), or anything else.
 */
export type Outcome = 'answered' | 'shed' | 'reset' | 'failed';

/** One request of a load. */
export interface Sample {
  /** When the answer came, in milliseconds on the clock of `performance.now`. */
  readonly at: number;
  /** From sending the request to the end of the answer. */
  readonly milliseconds: number;
  readonly outcome: Outcome;
}

/**
 * Returns the smallest of the values that at least this share of them does not exceed (the nearest rank). Throws if
 * there are no values.
 */
export function percentile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new Error('expected at least one value, got none');
  const sorted = Float64Array.from(values).sort();
  // A share such as 0.07 is not exact, so neither is its product with a number of values.
  const rank = Math.ceil(Number((share * sorted.length).toPrecision(12)));
  return sorted[Math.max(rank, 1) - 1] as number;
}

/** Returns a percentile of the latencies of the requests with this outcome. */
export function latency(samples: readonly Sample[], share: number, outcome: Outcome = 'answered'): number {
  return percentile(
    withOutcome(samples, outcome).map(({ milliseconds }) => milliseconds),
    share,
  );
}

export function withOutcome(samples: readonly Sample[], outcome: Outcome): Sample[] {
  return samples.filter((sample) => sample.outcome === outcome);
}

/** Returns the share of requests with this outcome; 0 without requests. */
export function shareOf(samples: readonly Sample[], outcome: Outcome): number {
  return samples.length === 0 ? 0 : withOutcome(samples, outcome).length / samples.length;
}

/**
 * Returns the number of seconds from `since` to the first whole second in which requests were answered, none was
 * refused or failed, and 99 % of the answers took at most `limit` milliseconds; `null` if there is none until `until`.
 */
export function secondsUntilBelow(
  samples: readonly Sample[],
  { limit, since, until }: { readonly limit: number; readonly since: number; readonly until: number },
): number | null {
  for (let second = 0; since + (second + 1) * 1000 <= until; second++) {
    const start = since + second * 1000;
    const during = samples.filter(({ at }) => at >= start && at < start + 1000);
    if (during.length > 0 && shareOf(during, 'answered') === 1 && latency(during, 0.99) <= limit) return second;
  }
  return null;
}

/** Returns a number with at most this many decimals. */
export function rounded(value: number, decimals = 2): number {
  return Number(value.toFixed(decimals));
}
