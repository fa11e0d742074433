const minute = 60_000;

/** Returns a function that calls `report`, but not again within a minute: for what a log should not repeat. */
export function atMostOnceAMinute<Args extends readonly unknown[]>(
  report: (...args: Args) => void,
): (...args: Args) => void {
  let reported = Number.NEGATIVE_INFINITY;
  return (...args) => {
    if (performance.now() - reported < minute) return;
    reported = performance.now();
    report(...args);
  };
}
