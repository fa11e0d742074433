import type { InteractionRecord } from '../dataset.ts';
import type { ColumnReads, Read } from './column-reads.ts';
import type { ItemColumns, MappedFile, SectionName, UserColumns } from './mapping.ts';
import { idParser } from './parse-texts.ts';
import { interactionRead, type Scales } from './read-interactions.ts';
import { type EntityPart, entityRead, type ScenarioPart, scenarioRead } from './read-sections.ts';
import { type ValueScenariosPart, valueScenariosRead } from './read-value-scenarios.ts';

/** What a row says, by the key of the mapping. */
export interface Sections extends Record<SectionName, unknown> {
  readonly users: EntityPart;
  readonly items: EntityPart;
  readonly scenarios: ScenarioPart;
  readonly scenariosByValue: ValueScenariosPart;
  readonly interactions: InteractionRecord;
}

/** How the rows of a table are read as one section. */
export interface Section {
  readonly name: SectionName;
  /** Gives `undefined` for a row that the mapping ignores. */
  readonly read: Read<Sections[SectionName] | undefined>;
  readonly readId: Read<string>;
  /** The column of the ID, if only one row of the table may have an ID. */
  readonly uniqueColumn?: string | undefined;
}

/** Returns the sections of a table, in the order in which a load reads them. */
export function sectionsOf(
  columns: ColumnReads,
  { users, items, scenarios, scenariosByValue, interactions }: MappedFile,
  scales: Scales,
): Section[] {
  const idRead = (column: string) => columns.read(column, idParser(column));
  const entitySection = (name: 'users' | 'items', section: UserColumns | ItemColumns): Section => ({
    name,
    read: entityRead(columns, section),
    readId: idRead(section.id),
    uniqueColumn: section.onRepeatedId === 'reject' ? section.id : undefined,
  });
  const sections: Section[] = [];
  if (users) sections.push(entitySection('users', users));
  if (items) sections.push(entitySection('items', items));
  if (scenarios)
    sections.push({ name: 'scenarios', read: scenarioRead(columns, scenarios), readId: idRead(scenarios.id) });
  if (scenariosByValue) {
    const read = valueScenariosRead(columns, scenariosByValue);
    sections.push({ name: 'scenariosByValue', read, readId: idRead(scenariosByValue.item) });
  }
  if (interactions) {
    const read = interactionRead(columns, interactions, scales);
    sections.push({ name: 'interactions', read, readId: idRead(interactions.user) });
  }
  return sections;
}
