import type { Features, FeatureValue } from '../../features/feature-schema.ts';
import type { ColumnReads, Read } from './column-reads.ts';
import { ifPresent } from './if-present.ts';
import type { ItemColumns, ItemTimeColumn, UserColumns } from './mapping.ts';
import type { TextColumn } from './mapping-features.ts';
import type { ScenarioColumns } from './mapping-scenarios.ts';
import { featureParser } from './parse-features.ts';
import { optionalRuleParser, type Rule } from './parse-rules.ts';
import { idParser, idsParser, optionalBooleanParser, optionalIdParser, titleParser } from './parse-texts.ts';
import { optionalTimeParser } from './parse-times.ts';
import { Problem } from './problem.ts';

/** What a row says about a user or an item; what the row does not have is `null`. Times are in milliseconds since 1970. */
export interface EntityPart {
  readonly id: string;
  readonly title: string | null;
  readonly available: boolean | null;
  readonly availableFrom: number | null;
  readonly availableUntil: number | null;
  readonly features: Features;
}

/** What a row says about a scenario. */
export interface ScenarioPart {
  readonly id: string;
  readonly title: string | null;
  readonly items: readonly string[];
  readonly rule: Rule | null;
}

/** Returns the function that reads a user or an item from a row. */
export function entityRead(columns: ColumnReads, section: UserColumns | ItemColumns): Read<EntityPart> {
  const readId = columns.read(section.id, idParser(section.id));
  const readTitle = titleRead(columns, 'title' in section ? section.title : undefined);
  const readAvailable = availableRead(columns, 'available' in section ? section.available : undefined);
  const readFrom = timeRead(columns, 'availableFrom' in section ? section.availableFrom : undefined);
  const readUntil = timeRead(columns, 'availableUntil' in section ? section.availableUntil : undefined);
  const reads = Object.entries(section.features).map(
    ([name, feature]) => [name, columns.read(feature.column, featureParser(feature))] as const,
  );
  return (cells) => {
    const id = readId(cells);
    if (id instanceof Problem) return id;
    const title = readTitle(cells);
    if (title instanceof Problem) return title;
    const available = readAvailable(cells);
    if (available instanceof Problem) return available;
    const availableFrom = readFrom(cells);
    if (availableFrom instanceof Problem) return availableFrom;
    const availableUntil = readUntil(cells);
    if (availableUntil instanceof Problem) return availableUntil;
    const features: Record<string, FeatureValue> = {};
    for (const [name, read] of reads) {
      const value = read(cells);
      if (value instanceof Problem) return value;
      features[name] = value;
    }
    return { id, title, available, availableFrom, availableUntil, features };
  };
}

/** Returns the function that reads a scenario and one or several of its items from a row. */
export function scenarioRead(columns: ColumnReads, section: ScenarioColumns): Read<ScenarioPart> {
  const { id, title, rule } = section;
  const readId = columns.read(id, idParser(id));
  const readTitle = titleRead(columns, title);
  const readItems = itemsRead(columns, section);
  const readRule: Read<Rule | null> = rule === undefined ? () => null : columns.read(rule, optionalRuleParser(rule));
  return (cells) => {
    const scenarioId = readId(cells);
    if (scenarioId instanceof Problem) return scenarioId;
    const name = readTitle(cells);
    if (name instanceof Problem) return name;
    const pool = readItems(cells);
    if (pool instanceof Problem) return pool;
    const poolRule = readRule(cells);
    return poolRule instanceof Problem ? poolRule : { id: scenarioId, title: name, items: pool, rule: poolRule };
  };
}

function itemsRead(columns: ColumnReads, { item, items, rule }: ScenarioColumns): Read<readonly string[]> {
  if (items) return columns.read(items.column, idsParser(items.column, items.separator));
  if (item === undefined) return () => [];
  if (rule === undefined) return listRead(columns.read(item, idParser(item)));
  // A row with a rule has no item.
  const read = columns.read(item, optionalIdParser(item));
  return (cells) => {
    const value = read(cells);
    return value instanceof Problem ? value : value === undefined ? [] : [value];
  };
}

function titleRead(columns: ColumnReads, title: TextColumn | undefined): Read<string | null> {
  return title === undefined ? () => null : columns.read(title.column, ifPresent(title, titleParser(title.column)));
}

function availableRead(columns: ColumnReads, available: TextColumn | undefined): Read<boolean | null> {
  if (available === undefined) return () => null;
  const { column } = available;
  return columns.read(column, ifPresent(available, optionalBooleanParser(column)));
}

function timeRead(columns: ColumnReads, time: ItemTimeColumn | undefined): Read<number | null> {
  return time === undefined ? () => null : columns.read(time.column, optionalTimeParser(time));
}

function listRead(read: Read<string>): Read<readonly string[]> {
  return (cells) => {
    const value = read(cells);
    return value instanceof Problem ? value : [value];
  };
}
