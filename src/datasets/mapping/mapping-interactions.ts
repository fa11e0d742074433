import { IANAZone } from 'luxon';
import { z } from 'zod';
import type { InteractionType } from '../dataset.ts';
import { columnName, numberSchema } from './mapping-features.ts';
import { strictObject } from './strict-object.ts';
import { isTimeFormat } from './time-formats.ts';

const interactionTypes = ['VIEW', 'CLICK', 'PURCHASE', 'RATE'] as const satisfies readonly InteractionType[];
/** A row with this type is left out. */
export const ignored = 'IGNORE';

const typeColumnSchema = strictObject({
  column: columnName,
  values: z.record(z.string(), z.enum([...interactionTypes, ignored])),
});

const typeSchema = z.union([z.enum(interactionTypes), typeColumnSchema], {
  error: `expected ${interactionTypes.join(', ')}, or an object with the keys column and values`,
});

const timeSchema = strictObject({
  column: columnName,
  format: z
    .string()
    .refine(isTimeFormat, {
      error: 'expected iso, seconds, milliseconds, or a format with year, month and day such as dd.MM.yyyy HH:mm',
    })
    .default('iso'),
  /** The zone of times that do not state one. */
  zone: z
    .string()
    .refine((zone) => IANAZone.isValidZone(zone), { error: 'expected a time zone such as Europe/Berlin' })
    .default('UTC'),
});

/** The columns of interactions. */
export const interactionsSchema = strictObject({
  user: columnName,
  item: columnName,
  scenario: columnName.optional(),
  type: typeSchema,
  value: numberSchema.optional(),
  /** Without times, the order of the rows is the order in which they happened. */
  time: timeSchema.optional(),
}).refine(({ type, value }) => value !== undefined || !typesOf(type).includes('RATE'), {
  path: ['value'],
  error: 'expected the column of the rating, since there are interactions of the type RATE',
});

export type InteractionColumns = z.output<typeof interactionsSchema>;
export type TypeColumn = z.output<typeof typeColumnSchema>;
export type TimeColumn = z.output<typeof timeSchema>;

function typesOf(type: z.output<typeof typeSchema>): readonly string[] {
  return typeof type === 'string' ? [type] : Object.values(type.values);
}
