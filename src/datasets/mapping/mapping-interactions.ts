import { z } from 'zod';
import { polarities, typeNamePattern } from '../../features/interaction-types.ts';
import { columnName, numberSchema, timeShape, valueShape } from './mapping-features.ts';
import { strictObject } from './strict-object.ts';

/** A row with this type is left out. */
export const ignored = 'IGNORE';

const typeName = z.string().regex(typeNamePattern, 'expected the name of a type in capital letters, such as VIEW');

/** Types that an import declares. What is left out has its default, see `InteractionType`. */
export const declaredTypesSchema = z.array(
  strictObject({
    name: typeName.refine((name) => name !== ignored, {
      error: `expected another name, since ${ignored} leaves rows out`,
    }),
    polarity: z.enum(polarities).optional(),
    weight: z.number().optional(),
    positiveFrom: z.number().nullable().optional(),
    countsAsSeen: z.boolean().optional(),
    countsOnce: z.boolean().optional(),
    expiresAfterDays: z.number().nullable().optional(),
  }),
);

const typeColumnSchema = strictObject({
  column: columnName,
  values: z.record(z.string(), typeName),
});

const typeSchema = z.union([typeName, typeColumnSchema], {
  error: 'expected the name of a type such as VIEW, or an object with the keys column and values',
});

export const timeSchema = strictObject({ column: columnName, replace: valueShape.replace, ...timeShape });

const valueSchema = strictObject({
  ...numberSchema.shape,
  /** A value in percent, such as 50, is read as a share, such as 0.5. This does not apply to ratings, which have a scale. */
  unit: z.literal('percent').optional(),
  /** The column of the whole, such as the length of a song. The value is divided by it, and so becomes a share. */
  dividedBy: columnName.optional(),
}).refine(({ unit, dividedBy }) => unit === undefined || dividedBy === undefined, {
  error: 'expected one of the keys unit and dividedBy, since a value that is divided is a share, not a percentage',
});

/** The columns of interactions. */
export const interactionsSchema = strictObject({
  user: columnName,
  item: columnName,
  scenario: columnName.optional(),
  type: typeSchema,
  value: valueSchema.optional(),
  /** Without times, the order of the rows is the order in which they happened. */
  time: timeSchema.optional(),
})
  .refine(({ type, value }) => value !== undefined || !typesOf(type).includes('RATE'), {
    path: ['value'],
    error: 'expected the column of the rating, since there are interactions of the type RATE',
  })
  .refine(({ type, value }) => value?.dividedBy === undefined || !typesOf(type).includes('RATE'), {
    path: ['value', 'dividedBy'],
    error: 'expected no column to divide by, since there are interactions of the type RATE, whose value is a rating',
  });

export type InteractionColumns = z.output<typeof interactionsSchema>;
export type TypeColumn = z.output<typeof typeColumnSchema>;
export type TimeColumn = z.output<typeof timeSchema>;

/** Returns the types that rows can have. */
export function typesOf(type: z.input<typeof typeSchema>): readonly string[] {
  return (typeof type === 'string' ? [type] : Object.values(type.values)).filter((name) => name !== ignored);
}
