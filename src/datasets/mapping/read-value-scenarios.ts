import type { ColumnReads, Read } from './column-reads.ts';
import { ifPresent } from './if-present.ts';
import type { ValueColumn, ValueScenarioColumns } from './mapping-scenarios.ts';
import { categoryParser, cellsOf, idParser, maxIdLength, type Parse } from './parse-texts.ts';
import { Problem } from './problem.ts';

/** The numbers of items that a scenario can have. */
export interface PoolSizes {
  readonly minItems: number;
  readonly maxItems?: number | undefined;
}

/** The scenarios in which a row puts an item, since it has their values. */
export interface ValueScenariosPart {
  readonly item: string;
  readonly scenarios: readonly { readonly id: string; readonly title: string }[];
  readonly sizes: PoolSizes;
}

interface NamedValue {
  readonly name: string;
  readonly value: string;
}

/** What joins two values, in the ID of their scenario and, if they are of one column, in its title. */
const and = ' & ';

/** Returns the function that reads an item and its values from a row. */
export function valueScenariosRead(columns: ColumnReads, section: ValueScenarioColumns): Read<ValueScenariosPart> {
  const { item: itemColumn, values, pairs, minItems, maxItems } = section;
  const sizes = { minItems, maxItems };
  const longest = pairs ? (maxIdLength - and.length) / 2 : maxIdLength;
  const readItem = columns.read(itemColumn, idParser(itemColumn));
  const reads = Object.entries(values).map(([name, value]) => ({
    name,
    read: columns.read(value.column, valuesParser(value, Math.floor(longest) - `${name}:`.length)),
  }));
  return (cells) => {
    const item = readItem(cells);
    if (item instanceof Problem) return item;
    const found: NamedValue[] = [];
    for (const { name, read } of reads) {
      const texts = read(cells);
      if (texts instanceof Problem) return texts;
      for (const value of texts ?? []) found.push({ name, value });
    }
    return { item, scenarios: scenariosOf(found, pairs), sizes };
  };
}

/** Returns the parser of the values of a cell, each once, in the order of the alphabet. */
function valuesParser(section: ValueColumn, maxLength: number): Parse<readonly string[] | null> {
  const { column, separator } = section;
  const parse = categoryParser(column);
  return ifPresent(section, (cell) => {
    const values = new Set<string>();
    for (const part of cellsOf(cell, separator) ?? [cell]) {
      const value = parse(part);
      if (value instanceof Problem) return value;
      if (value.length > maxLength) return new Problem(column, `values of at most ${maxLength} characters`, value);
      if (value !== '') values.add(value);
    }
    return [...values].sort();
  });
}

function scenariosOf(values: readonly NamedValue[], pairs: boolean): ValueScenariosPart['scenarios'] {
  const scenarios = values.map(({ name, value }) => ({ id: `${name}:${value}`, title: value }));
  if (!pairs) return scenarios;
  const combined = values.flatMap((first, index) =>
    values.slice(index + 1).map((second) => ({
      id: `${first.name}:${first.value}${and}${second.name}:${second.value}`,
      title: `${first.value}${first.name === second.name ? and : ' '}${second.value}`,
    })),
  );
  return [...scenarios, ...combined];
}
