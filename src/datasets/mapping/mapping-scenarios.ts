import { z } from 'zod';
import { columnName, textColumnSchema, valueShape } from './mapping-features.ts';
import { strictObject } from './strict-object.ts';

/** The text between two values. */
const separator = z.string().min(1).optional();

/** Scenarios that the rows name. */
export const scenariosSchema = strictObject({
  id: columnName,
  title: textColumnSchema.optional(),
  /** The column with the ID of one item. */
  item: columnName.optional(),
  /** A column with the IDs of several items. */
  items: strictObject({ column: columnName, separator }).optional(),
  /** The column with the rule that the pool follows. */
  rule: columnName.optional(),
})
  .refine(({ item, items }) => item === undefined || items === undefined, {
    error: 'expected either the key item, a column, or the key items, an object with column and separator',
  })
  .refine(({ item, items, rule }) => item ?? items ?? rule, {
    error: 'expected one of the keys item, a column, items, an object with column and separator, and rule, a column',
  });

const valueColumnSchema = strictObject({ ...valueShape, separator });

/** One scenario for each value of some columns: of the items whose rows have this value. */
export const valueScenariosSchema = strictObject({
  /** The column with the ID of the item. */
  item: columnName,
  /** The columns, by what the IDs of their scenarios begin with, such as `genre` for `genre:Drama`. */
  values: z
    .record(z.string().min(1).max(64), valueColumnSchema)
    .refine((values) => Object.keys(values).length > 0, { error: 'expected at least one column' }),
  /** Whether each pair of values makes a scenario too. */
  pairs: z.boolean().default(false),
  /** Scenarios with fewer or more items are left out. */
  minItems: z.int().min(1).default(1),
  maxItems: z.int().min(1).optional(),
}).refine(({ minItems, maxItems = minItems }) => minItems <= maxItems, {
  error: 'expected minItems to be at most maxItems',
});

export type ScenarioColumns = z.output<typeof scenariosSchema>;
export type ValueScenarioColumns = z.output<typeof valueScenariosSchema>;
export type ValueColumn = z.output<typeof valueColumnSchema>;
