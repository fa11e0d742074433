import { mkdir, open, readFile, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { WarmstartError } from '../common/errors.ts';

/** A unit of work that is done. */
export interface FinishedUnit {
  /** Determines the result: see `Unit`. */
  readonly key: string;
  readonly title: string;
  readonly seconds: number;
  /** Plain data. */
  readonly result: unknown;
}

const unitSchema = z.object({ key: z.string(), title: z.string(), seconds: z.number(), result: z.unknown() });

/**
 * The finished units of a file with one line of JSON for each. A unit is in the file when `add` resolves, even if the
 * process is killed then. A line that a killed process wrote in part is removed when the file is opened.
 */
export class FinishedUnits {
  readonly file: string;
  readonly #units: Map<string, FinishedUnit>;

  private constructor(file: string, units: readonly FinishedUnit[]) {
    this.file = file;
    this.#units = new Map(units.map((unit) => [unit.key, unit]));
  }

  /**
   * Opens the file, which need not exist. With `fresh`, nothing in it counts; `clear` then empties it. Throws
   * INVALID_CONFIGURATION if it cannot be written, and INVALID_DATA if a line is no unit.
   */
  static async open(file: string, { fresh = false } = {}): Promise<FinishedUnits> {
    try {
      await mkdir(dirname(file), { recursive: true });
      await (await open(file, 'a')).close();
    } catch (cause) {
      throw new WarmstartError(
        'INVALID_CONFIGURATION',
        `--work: expected a folder in which ${file} can be written: ${(cause as Error).message}`,
        { cause },
      );
    }
    return new FinishedUnits(file, fresh ? [] : await readUnits(file));
  }

  get(key: string): FinishedUnit | undefined {
    return this.#units.get(key);
  }

  /** Forgets all units. */
  async clear(): Promise<void> {
    await truncate(this.file);
    this.#units.clear();
  }

  /** Appends a unit, and resolves when it is on the disk. */
  async add(unit: FinishedUnit): Promise<void> {
    const handle = await open(this.file, 'a');
    try {
      await handle.appendFile(`${JSON.stringify(unit)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    this.#units.set(unit.key, unit);
  }
}

async function readUnits(file: string): Promise<FinishedUnit[]> {
  const bytes = await readFile(file);
  const complete = bytes.lastIndexOf('\n') + 1;
  if (complete < bytes.length) await truncate(file, complete);
  const lines = bytes.toString('utf8', 0, complete).split('\n').slice(0, -1);
  return lines.map((line, index) => parseUnit(line, `${file}, line ${index + 1}`));
}

function parseUnit(line: string, place: string): FinishedUnit {
  try {
    return unitSchema.parse(JSON.parse(line));
  } catch (cause) {
    throw new WarmstartError(
      'INVALID_DATA',
      `${place}: expected a finished unit of work, got something else; delete the line, or start anew with --fresh`,
      { cause },
    );
  }
}
