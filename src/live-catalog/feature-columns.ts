import type { FeatureField, FeatureKind, FeatureValue } from '../features/feature-schema.ts';
import { DateColumn } from './date-column.ts';
import { withRoomFor } from './growable.ts';
import { VectorColumn } from './vector-column.ts';

/** Tells whether the item of a row passes a condition. */
export type RowTest = (row: number) => boolean;

/** The values of one feature of all items, by row. */
export interface FeatureColumn {
  readonly kind: FeatureKind;
  /** The width of vectors. Columns of other kinds have none. */
  readonly width?: number;
  /** Stores a value of the column's kind; `undefined` means that there is none. */
  set(row: number, value: FeatureValue | undefined): void;
  /** Whether a row has a value. */
  has(row: number): boolean;
  /** Returns the value of a row; `undefined` if the item does not have the feature. */
  valueOf(row: number): FeatureValue | undefined;
  /** Returns the test that the feature is one of the values, or has one of them. Numbers have none. */
  isOneOf(values: readonly string[]): RowTest;
  /** Returns the test that the feature is a number, or the milliseconds of a date, in a range. Others are in none. */
  isWithin(atLeast: number, atMost: number): RowTest;
}

const never: RowTest = () => false;

/** Returns a column without values. Rows that were not set have none. */
export function featureColumn(field: Pick<FeatureField, 'kind' | 'width'>): FeatureColumn {
  return columns[field.kind](field);
}

const columns: Readonly<Record<FeatureKind, (field: Pick<FeatureField, 'width'>) => FeatureColumn>> = {
  categorical: () => new CategoryColumn(),
  multiValued: () => new ListColumn(),
  numeric: numberColumn,
  vector: ({ width = 0 }) => new VectorColumn(width),
  date: () => new DateColumn(),
};

/** Categories as numbers from 1, in the order of their first use. 0 means none. */
class Categories {
  readonly #names: string[] = [''];
  readonly #codes = new Map<string, number>();

  codeOf(name: string): number {
    const known = this.#codes.get(name);
    if (known !== undefined) return known;
    const code = this.#names.push(name) - 1;
    this.#codes.set(name, code);
    return code;
  }

  nameOf(code: number): string {
    return this.#names[code] as string;
  }

  /** Returns marks by code: 1 for these categories. A category without a code has no mark. */
  marksOf(names: readonly string[]): Uint8Array {
    const marks = new Uint8Array(this.#names.length);
    for (const name of names) {
      const code = this.#codes.get(name);
      if (code !== undefined) marks[code] = 1;
    }
    return marks;
  }
}

class CategoryColumn implements FeatureColumn {
  readonly kind = 'categorical';
  readonly #categories = new Categories();
  #codes = new Int32Array();

  set(row: number, value: FeatureValue | undefined): void {
    this.#codes = withRoomFor(this.#codes, row);
    this.#codes[row] = typeof value === 'string' ? this.#categories.codeOf(value) : 0;
  }

  has(row: number): boolean {
    return (this.#codes[row] ?? 0) > 0;
  }

  valueOf(row: number): string | undefined {
    const code = this.#codes[row] ?? 0;
    return code === 0 ? undefined : this.#categories.nameOf(code);
  }

  isOneOf(values: readonly string[]): RowTest {
    const marks = this.#categories.marksOf(values);
    return (row) => marks[this.#codes[row] as number] === 1;
  }

  isWithin(): RowTest {
    return never;
  }
}

/** Lists of categories. The codes of all lists are in one array, and each row has the place of its own. */
export class ListColumn implements FeatureColumn {
  readonly kind = 'multiValued';
  readonly #categories = new Categories();
  #codes = new Int32Array();
  #used = 0;
  #starts = new Int32Array();
  /** The length of the longest list that each row has had: its place has room for that. */
  #capacities = new Int32Array();
  /** The length of each list; −1 for none. */
  #lengths = new Int32Array();

  /** Number of elements in use, those of places that rows have left included. */
  get used(): number {
    return this.#used;
  }

  /** A list takes the place of the row's earlier ones if it has room there. Otherwise that place stays unused. */
  set(row: number, value: FeatureValue | undefined): void {
    this.#starts = withRoomFor(this.#starts, row);
    this.#capacities = withRoomFor(this.#capacities, row);
    this.#lengths = withRoomFor(this.#lengths, row, -1);
    if (!Array.isArray(value)) {
      this.#lengths[row] = -1;
      return;
    }
    if (value.length > (this.#capacities[row] as number)) {
      this.#starts[row] = this.#used;
      this.#capacities[row] = value.length;
      this.#used += value.length;
      this.#codes = withRoomFor(this.#codes, this.#used);
    }
    this.#lengths[row] = value.length;
    for (const [place, name] of value.entries())
      this.#codes[(this.#starts[row] as number) + place] = this.#categories.codeOf(String(name));
  }

  has(row: number): boolean {
    return (this.#lengths[row] ?? -1) >= 0;
  }

  valueOf(row: number): string[] | undefined {
    const length = this.#lengths[row] ?? -1;
    if (length < 0) return undefined;
    const start = this.#starts[row] as number;
    return Array.from({ length }, (_, place) => this.#categories.nameOf(this.#codes[start + place] as number));
  }

  isOneOf(values: readonly string[]): RowTest {
    const marks = this.#categories.marksOf(values);
    return (row) => {
      const start = this.#starts[row] as number;
      const end = start + (this.#lengths[row] as number);
      for (let place = start; place < end; place++) if (marks[this.#codes[place] as number] === 1) return true;
      return false;
    };
  }

  isWithin(): RowTest {
    return never;
  }
}

function numberColumn(): FeatureColumn {
  let numbers = new Float64Array();
  return {
    kind: 'numeric',
    set(row, value) {
      numbers = withRoomFor(numbers, row, Number.NaN);
      numbers[row] = typeof value === 'number' ? value : Number.NaN;
    },
    has: (row) => !Number.isNaN(numbers[row] ?? Number.NaN),
    valueOf(row) {
      const value = numbers[row];
      return value === undefined || Number.isNaN(value) ? undefined : value;
    },
    isOneOf: () => never,
    // No number is in a range with NaN.
    isWithin: (atLeast, atMost) => (row) => {
      const value = numbers[row] as number;
      return value >= atLeast && value <= atMost;
    },
  };
}
