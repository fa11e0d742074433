import type { FeatureColumnInput } from '../mapping-features.ts';
import { thousands } from '../parse-numbers.ts';
import { isCode } from './column-names.ts';
import type { ColumnSample } from './sample-table.ts';

/** How numbers are written, as a mapping states it. */
export type NumberFormat = Pick<Extract<FeatureColumnInput, { kind: 'numeric' }>, 'decimal' | 'replace'>;

const point = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const comma = /^[+-]?\d+(?:,\d+)?$/;
/** Such as `1,250`, which can be a little more than one, or more than a thousand. */
const ambiguous = /^[+-]?[1-9]\d{0,2}[.,]\d{3}$/;

/** Returns how the numbers of a column are written; `undefined` if some value is none. */
export function numberFormatOf({ name, texts, values }: ColumnSample): NumberFormat | undefined {
  if (!isCode(name) && texts.every((text) => point.test(text) && !/^[+-]?0\d/.test(text))) return {};
  if (texts.every((text) => comma.test(text)) && texts.some((text) => text.includes(','))) return { decimal: ',' };
  // Replacements would change numbers that are no texts.
  if (isCode(name) || !values.every((value) => typeof value === 'string')) return undefined;
  if (!texts.some((text) => /\D/.test(text.replace(/^[+-]/, '')))) return undefined;
  const found = thousands.find(({ pattern }) => texts.every((text) => pattern.test(text)));
  if (found === undefined) return undefined;
  return { ...(found.decimal === ',' ? { decimal: ',' } : {}), replace: [{ pattern: found.separator, by: '' }] };
}

/** Returns a note if the numbers with a point or a comma could all have it as a separator of thousands. */
export function thousandsNote(file: string, { name, texts, values }: ColumnSample): string | undefined {
  const marked = texts.filter((text) => /[.,]/.test(text));
  if (marked.length === 0 || !marked.every((text) => ambiguous.test(text))) return undefined;
  if (values.some((value) => typeof value !== 'string')) return undefined;
  const [example = ''] = marked;
  const separator = example.includes('.') ? '\\\\.' : ',';
  return (
    `${file}: "${name}" is read as a number with decimals, such as ${example.replace(',', '.')} for ${example}; if the ` +
    `numbers have separators of thousands, state "replace": [{ "pattern": "${separator}", "by": "" }] for it.`
  );
}
