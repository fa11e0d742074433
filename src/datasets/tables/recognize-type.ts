import { WarmstartError } from '../../common/errors.ts';
import { type Compression, compressors } from './decompress.ts';
import type { TableFormat } from './table.ts';

type TableType = NonNullable<TableFormat['type']>;

const extensions: Readonly<Record<string, TableType>> = {
  csv: 'csv',
  tsv: 'csv',
  txt: 'csv',
  dat: 'csv',
  json: 'jsonl',
  jsonl: 'jsonl',
  ndjson: 'jsonl',
  parquet: 'parquet',
  pq: 'parquet',
};

const unpack = 'unpack it first';
const exportIt = 'export it as CSV, JSON Lines or Parquet';

/** Files that are no tables but come under the names of tables, by their first bytes. */
const others: readonly { readonly magic: string; readonly what: string; readonly remedy: string }[] = [
  { magic: 'PAR1', what: 'a Parquet file', remedy: `${unpack}, or state the type parquet` },
  { magic: 'PARE', what: 'an encrypted Parquet file', remedy: exportIt },
  { magic: 'PK\x03\x04', what: 'a ZIP archive or an Excel workbook', remedy: `${unpack}, or save the sheet as CSV` },
  { magic: '\xd0\xcf\x11\xe0', what: 'an Excel workbook', remedy: 'save the sheet as CSV' },
  {
    magic: '\x1f\x8b',
    what: 'gzip data',
    remedy: 'state the compression gzip, or unpack it once if it is packed twice',
  },
  { magic: '\x28\xb5\x2f\xfd', what: 'zstd data', remedy: 'state the compression zstd' },
  { magic: 'BZh', what: 'bzip2 data', remedy: unpack },
  { magic: '\xfd7zXZ\0', what: 'xz data', remedy: unpack },
  { magic: '7z\xbc\xaf', what: 'a 7z archive', remedy: unpack },
  { magic: 'ARROW1', what: 'an Arrow file', remedy: exportIt },
  { magic: 'FEA1', what: 'a Feather file', remedy: exportIt },
  { magic: 'Obj\x01', what: 'an Avro file', remedy: exportIt },
  { magic: 'ORC', what: 'an ORC file', remedy: exportIt },
  { magic: '\x89HDF', what: 'an HDF5 file', remedy: exportIt },
  { magic: '\x93NUMPY', what: 'a NumPy file', remedy: exportIt },
  { magic: 'SQLite format 3\0', what: 'an SQLite database', remedy: exportIt },
  { magic: '%PDF', what: 'a PDF document', remedy: exportIt },
  { magic: '<', what: 'XML or HTML', remedy: 'check that it is the data and not a page about it' },
];

/** Returns the type of a file, by its name or else by its first line. */
export function recognizeType(file: string, firstLine: string): TableType {
  const extension = withoutCompression(file).split('.').at(-1) as string;
  return extensions[extension] ?? (/^\s*[{[]/.test(firstLine) ? 'jsonl' : 'csv');
}

/** Whether a file is Parquet, by its name or its first bytes. */
export function isParquet(file: string, head: Buffer): boolean {
  const extension = file.toLowerCase().split('.').at(-1) as string;
  return extensions[extension] === 'parquet' || head.subarray(0, 4).equals(Buffer.from('PAR1'));
}

/**
 * Returns the compression of a file, by its first bytes. The name decides only about bytes that are not text: a browser
 * can unpack a file and keep its name, and zstd can write marks of its own before its data.
 */
export function recognizeCompression(file: string, head: Buffer): Compression {
  const kinds = Object.entries(compressors) as [Exclude<Compression, 'none'>, (typeof compressors)['gzip']][];
  const found =
    kinds.find(([, { magic }]) => head.subarray(0, magic.length).equals(magic)) ??
    kinds.find(([, { extensions }]) => head.includes(0) && extensions.some((end) => file.toLowerCase().endsWith(end)));
  return found?.[0] ?? 'none';
}

function withoutCompression(file: string): string {
  const name = file.toLowerCase();
  const ends = Object.values(compressors).flatMap(({ extensions }) => extensions);
  const end = ends.find((extension) => name.endsWith(extension)) ?? '';
  return name.slice(0, name.length - end.length);
}

/** Throws INVALID_DATA if a file begins as one that is no table. */
export function checkIsTable(file: string, head: Buffer): void {
  const start = head.subarray(0, 512).toString('latin1');
  const other = others.find(({ magic }) => start.startsWith(magic)) ?? (isTar(start) ? tar : undefined);
  if (other) throw noTable(file, other.what, other.remedy);
}

/** Throws INVALID_DATA if a file that begins like this, and is not in UTF-16, is binary. */
export function checkIsText(file: string, head: Buffer): void {
  const control = head.filter((byte) => byte < 0x20 && !isSpace(byte)).length;
  if (control > head.length / 8) throw noTable(file, 'binary data', exportIt);
}

const tar = { what: 'a tar archive', remedy: unpack };

/** A tar archive begins with the header of its first file. */
function isTar(start: string): boolean {
  return start.startsWith('ustar', 257);
}

function isSpace(byte: number): boolean {
  return byte >= 0x09 && byte <= 0x0d;
}

function noTable(file: string, what: string, remedy: string): WarmstartError {
  const text = `expected CSV, JSON Lines or Parquet in ${file}, got ${what}; ${remedy}`;
  return new WarmstartError('INVALID_DATA', text);
}
