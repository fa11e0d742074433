import { IANAZone } from 'luxon';
import { z } from 'zod';
import { idField } from '../../features/feature-schema.ts';
import { maxWidth } from '../../features/vectors.ts';
import { strictObject } from './strict-object.ts';
import { isTimeFormat } from './time-formats.ts';

/** The name of a column. In JSON Lines and Parquet, `product.sku` is the key `sku` of the object `product`. */
export const columnName = z.string().min(1);

const pattern = z.string().refine(hasOneGroup, {
  error: 'expected a regular expression with one group in parentheses, such as \\((\\d{4})\\)$',
});

const replacementSchema = strictObject({
  /** A regular expression. All places where it matches are replaced. */
  pattern: z.string().refine(isRegularExpression, { error: 'expected a regular expression such as ^(.*), The$' }),
  /** The text that replaces them. `$1` stands for the text of the first group. */
  by: z.string(),
});

export type Replacement = z.output<typeof replacementSchema>;

/** What every value has, besides how it is read. */
export const valueShape = {
  column: columnName,
  /** A regular expression whose group is the value. A text that does not match has no value. */
  pattern: pattern.optional(),
  /** What is replaced in the text, one after the other. */
  replace: z.array(replacementSchema).optional(),
  /** The texts that mean that there is no value. Default: the empty text. Spaces around a text do not count. */
  missing: z.array(z.string()).optional(),
};

/** A title or the like: a column, or a column and what its text becomes. */
export const textColumnSchema = z
  .union([columnName, strictObject(valueShape)], {
    error: 'expected the name of a column, or an object with the key column',
  })
  .transform((text) => (typeof text === 'string' ? { column: text } : text));

export type TextColumn = z.output<typeof textColumnSchema>;

/** The character before the decimals. Default: a point. */
const decimal = z.enum(['.', ',']).optional();

export const numberSchema = strictObject({ ...valueShape, decimal });
export type NumberColumn = z.output<typeof numberSchema>;

/** How times are read. */
export const timeShape = {
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
};

const featureSchema = z.discriminatedUnion('kind', [
  strictObject({ ...valueShape, kind: z.literal('categorical') }),
  strictObject({
    ...valueShape,
    kind: z.literal('multiValued'),
    /** The text between two values. Without it, a cell has to be a list. */
    separator: z.string().min(1).optional(),
  }),
  strictObject({ ...valueShape, kind: z.literal('numeric'), decimal }),
  strictObject({
    ...valueShape,
    kind: z.literal('vector'),
    /** The text between two numbers. Without it, a cell has to be a list. */
    separator: z.string().min(1).optional(),
    decimal,
    /** How many numbers each vector has. Default: as many as the first one in the files. */
    width: z.int().min(1).max(maxWidth).optional(),
  }),
  strictObject({ ...valueShape, kind: z.literal('date'), ...timeShape }),
]);

export type FeatureColumn = z.output<typeof featureSchema>;
/** A feature as a mapping is written: without the defaults. */
export type FeatureColumnInput = z.input<typeof featureSchema>;

const reserved: readonly string[] = [idField, '__proto__'];
const featureName = z
  .string()
  .min(1)
  .max(64)
  .refine((name) => !reserved.includes(name), { error: `expected another name than ${reserved.join(' and ')}` });

/** Features by their names. */
export const featuresSchema = z.record(featureName, featureSchema, {
  error: ({ code, issues }) =>
    code === 'invalid_key' ? (issues as readonly { readonly message: string }[])[0]?.message : undefined,
});

function hasOneGroup(source: string): boolean {
  return isRegularExpression(source) && new RegExp(`${source}|`).exec('')?.length === 2;
}

function isRegularExpression(source: string): boolean {
  try {
    return new RegExp(source) !== undefined;
  } catch {
    return false;
  }
}
