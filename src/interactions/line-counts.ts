import type { ErrorCode, WarmstartError } from '../common/errors.ts';

/** A line that was not stored. */
export interface RefusedLine {
  /** The 1-based number of the line. */
  readonly line: number;
  /** The field that is wrong; `null` if it is the line as a whole. */
  readonly field: string | null;
  readonly code: ErrorCode;
  readonly message: string;
}

/** Maximum number of refused lines that are reported. */
const maxRefusals = 100;

/** What has become of the lines so far. Lines that have been read, but not stored yet, are in no number. */
export class LineCounts {
  /** The sum of the others. Blank lines do not count. */
  read = 0;
  recorded = 0;
  /** Their idempotency keys had already been recorded, with the same interactions. */
  repeated = 0;
  refused = 0;
  /** The first 100 refused lines, each with its first error. */
  readonly refusals: RefusedLine[] = [];

  /** Counts a refused line. */
  refuse(line: number, { field, code, message }: WarmstartError): void {
    this.read++;
    this.refused++;
    if (this.refusals.length < maxRefusals)
      this.refusals.push({ line, field: field?.join('.') ?? null, code, message });
  }

  /** Counts a line that is stored, now or already before. */
  store(recorded: boolean): void {
    this.read++;
    if (recorded) this.recorded++;
    else this.repeated++;
  }
}
