import { isUtf8 } from 'node:buffer';
import { type FileMetaData, type ParquetParsers, parquetSchema, type SchemaElement } from 'hyparquet';
import type { Sourced } from '../dataset.ts';
import { excerpt } from '../row-text.ts';
import { parseJson } from './parse-json.ts';
import type { Cell } from './table.ts';

/** Parses bytes of text and of JSON. Bytes that are not UTF-8 stay bytes, and text that is not JSON stays text. */
export const parsers: Partial<ParquetParsers> = { stringFromBytes: textOf, jsonFromBytes: jsonOf };

function textOf(bytes: Uint8Array | undefined): string | Uint8Array | undefined {
  if (!bytes || !isUtf8(bytes)) return bytes;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

function jsonOf(bytes: Uint8Array | undefined): Cell {
  const text = textOf(bytes);
  if (typeof text !== 'string') return text;
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}

/** Converts a value: an integer becomes a number, or text with all its digits if a number cannot hold it. */
export function cellOf(value: unknown): Cell {
  if (typeof value === 'bigint') return integer(value);
  if (typeof value !== 'object' || value === null || value instanceof Date || value instanceof Uint8Array)
    return value as Cell;
  if (Array.isArray(value)) return value.map(cellOf);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, cellOf(inner)]));
}

function integer(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

/**
 * Prepares decimals that are long integers for `decimalOf`. The parser would convert them to numbers, which would make
 * different IDs equal. Databases export IDs as such decimals. Returns their columns.
 */
export function keepLongDecimals(metadata: FileMetaData): Set<string> {
  const kept = new Set<string>();
  for (const { element } of parquetSchema(metadata).children) {
    if (!isLongInteger(element)) continue;
    delete element.converted_type;
    delete element.logical_type;
    kept.add(element.name);
  }
  return kept;
}

/** The maximum number of digits that every number can hold. */
const maxExactDigits = 15;

function isLongInteger({ type, converted_type, precision = 0, scale = 0 }: SchemaElement): boolean {
  const kept = type === 'INT64' || type === 'FIXED_LEN_BYTE_ARRAY';
  return converted_type === 'DECIMAL' && kept && scale === 0 && precision > maxExactDigits;
}

/** Converts a long decimal: an integer, or the bytes of one in two's complement, the highest byte first. */
export function decimalOf(value: unknown): Cell {
  if (!(value instanceof Uint8Array)) return cellOf(value);
  const digits = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex');
  return integer(BigInt.asIntN(value.byteLength * 8, BigInt(`0x${digits}`)));
}

/** A row of a Parquet file. Its text is made only when it is read, since only rejects need it. */
export class ParquetRow implements Sourced<readonly Cell[]> {
  readonly record: readonly Cell[];
  readonly file: string;
  readonly line: number;

  constructor(record: readonly Cell[], file: string, line: number) {
    this.record = record;
    this.file = file;
    this.line = line;
  }

  get row(): string {
    return excerpt(JSON.stringify(this.record));
  }
}
