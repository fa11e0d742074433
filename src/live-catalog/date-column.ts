import { dayText, isDay, millisecondsOf, timeText } from '../features/dates.ts';
import type { FeatureValue } from '../features/feature-schema.ts';
import { withRoomFor } from './growable.ts';

/** A `FeatureColumn` of dates and times, in milliseconds since 1970. */
export class DateColumn {
  readonly kind = 'date' as const;
  #times = new Float64Array();
  /** 1 for dates without a time. */
  #areDays = new Uint8Array();

  set(row: number, value: FeatureValue | undefined): void {
    this.#times = withRoomFor(this.#times, row, Number.NaN);
    this.#areDays = withRoomFor(this.#areDays, row);
    this.#times[row] = millisecondsOf(value) ?? Number.NaN;
    this.#areDays[row] = typeof value === 'string' && isDay(value) ? 1 : 0;
  }

  has(row: number): boolean {
    return !Number.isNaN(this.#times[row] ?? Number.NaN);
  }

  valueOf(row: number): string | undefined {
    if (!this.has(row)) return undefined;
    const time = this.#times[row] as number;
    return this.#areDays[row] === 1 ? dayText(time) : timeText(time);
  }

  isOneOf(): () => boolean {
    return () => false;
  }

  /** Returns the test that a moment is in a range, in milliseconds since 1970. No moment is in a range with NaN. */
  isWithin(earliest: number, latest: number): (row: number) => boolean {
    return (row) => {
      const time = this.#times[row] as number;
      return time >= earliest && time <= latest;
    };
  }
}
