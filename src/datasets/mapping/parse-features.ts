import { type FeatureKind, type FeatureValue, maxMagnitude } from '../../features/feature-schema.ts';
import { hasDirection } from '../../features/vectors.ts';
import { ifPresent } from './if-present.ts';
import type { FeatureColumn, NumberColumn } from './mapping-features.ts';
import { type NumberRange, numberParser } from './parse-numbers.ts';
import { categoryParser, cellsOf, notAList, type Parse } from './parse-texts.ts';
import { dateParser } from './parse-times.ts';
import { Problem } from './problem.ts';

const maxValues = 256;
const numbers: NumberRange = { minimum: -maxMagnitude, maximum: maxMagnitude };

type VectorColumn = Extract<FeatureColumn, { kind: 'vector' }>;
type ParserOf<Kind extends FeatureKind> = (column: Extract<FeatureColumn, { kind: Kind }>) => Parse<FeatureValue>;

/** How the values of each kind of feature are read. */
const parsers: { readonly [Kind in FeatureKind]: ParserOf<Kind> } = {
  categorical: ({ column }) => categoryParser(column),
  multiValued: ({ column, separator }) => categoriesParser(column, separator),
  numeric: (feature) => numberParser(feature, 'a number', numbers),
  vector: vectorParser,
  date: dateParser,
};

/** Returns the parser of a feature; `null` means that the value is not known. */
export function featureParser(feature: FeatureColumn): Parse<FeatureValue> {
  const parserOf = parsers[feature.kind] as (column: FeatureColumn) => Parse<FeatureValue>;
  return ifPresent(feature, parserOf(feature));
}

/** Returns the parser of a number in a range that can be absent, see `numberParser`. */
export function optionalNumberParser(column: NumberColumn, what: string, range: NumberRange): Parse<number | null> {
  return ifPresent(column, numberParser(column, what, range));
}

/** Returns the parser of lists of categories: each once, and `null` if there is none. */
function categoriesParser(column: string, separator: string | undefined): Parse<readonly string[] | null> {
  const parse = categoryParser(column);
  return (cell) => {
    const cells = cellsOf(cell, separator);
    if (cells === undefined) return notAList(column, cell);
    const categories = new Set<string>();
    for (const part of cells) {
      const category = parse(part);
      if (category instanceof Problem) return category;
      if (category !== '') categories.add(category);
    }
    if (categories.size > maxValues) return new Problem(column, `at most ${maxValues} values`, cell);
    return categories.size === 0 ? null : [...categories];
  };
}

/** Returns the parser of lists of numbers; `null` if there is no number, or if all are 0. */
function vectorParser({ column, separator, decimal, width }: VectorColumn): Parse<readonly number[] | null> {
  const parse = numberParser({ column, decimal }, 'a number', numbers);
  return (cell) => {
    const cells = cellsOf(cell, separator);
    if (cells === undefined) return notAList(column, cell);
    if (cells.length === 0) return null;
    if (width !== undefined && cells.length !== width)
      return new Problem(column, `a list of ${width} numbers`, cell, `this list has ${cells.length}`);
    const vector: number[] = [];
    for (const part of cells) {
      const number = parse(part);
      if (number instanceof Problem) return number;
      vector.push(number);
    }
    return hasDirection(vector) ? vector : null;
  };
}
