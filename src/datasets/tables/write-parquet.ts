import { fileWriter, ParquetWriter, type SchemaElement } from 'hyparquet-writer';

/** A column of a Parquet file, with the type of its values in JSON. */
export interface ParquetColumn {
  readonly name: string;
  /**
   * `time` is a text in ISO 8601. `texts` and `numbers` are lists. `json` is any value, which is written as a text.
   * `structure` is an object with the values of `columns`.
   */
  readonly type: 'text' | 'number' | 'boolean' | 'time' | 'texts' | 'numbers' | 'json' | 'structure';
  /** The columns of a structure: at least one. */
  readonly columns?: readonly ParquetColumn[];
}

/** A row as an object of JSON, by the names of columns. A missing value is `null`. */
export type ParquetRecord = Readonly<Record<string, unknown>>;

export interface ParquetBatch {
  readonly rows: readonly ParquetRecord[];
  /** The length of the rows as JSON. */
  readonly bytes: number;
}

/** Rows with as many bytes of JSON are one row group, so that memory does not grow with the file. */
const groupBytes = 2 ** 23;

/**
 * Writes a Parquet file, compressed with Snappy. Writing blocks the event loop. Throws the error of the file system if the
 * file cannot be written.
 */
export async function writeParquet(
  path: string,
  columns: readonly ParquetColumn[],
  batches: AsyncIterable<ParquetBatch>,
): Promise<void> {
  const root = { name: 'root', num_children: columns.length };
  const schema = [root, ...columns.flatMap(elementsOf)];
  const parquet = new ParquetWriter({ writer: fileWriter(path), schema, createdBy: 'Warmstart' });
  let group: ParquetRecord[] = [];
  let bytes = 0;
  const write = () => {
    parquet.write({ columnData: columns.map((column) => dataOf(column, group)), rowGroupSize: group.length });
    group = [];
    bytes = 0;
  };
  for await (const batch of batches) {
    for (const row of batch.rows) group.push(row);
    bytes += batch.bytes;
    if (bytes >= groupBytes && group.length > 0) write();
  }
  if (group.length > 0) write();
  parquet.finish();
}

const text = { type: 'BYTE_ARRAY', converted_type: 'UTF8' } as const;

const primitives = {
  text,
  number: { type: 'DOUBLE' },
  boolean: { type: 'BOOLEAN' },
  time: { type: 'INT64', converted_type: 'TIMESTAMP_MILLIS' },
  json: text,
} as const satisfies Partial<Record<ParquetColumn['type'], Omit<SchemaElement, 'name'>>>;

function elementsOf({ name, type, columns = [] }: ParquetColumn): SchemaElement[] {
  if (type === 'structure')
    return [{ name, repetition_type: 'OPTIONAL', num_children: columns.length }, ...columns.flatMap(elementsOf)];
  if (type !== 'texts' && type !== 'numbers') return [{ name, repetition_type: 'OPTIONAL', ...primitives[type] }];
  return [
    { name, repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST' },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    { name: 'element', repetition_type: 'REQUIRED', ...(type === 'texts' ? text : primitives.number) },
  ];
}

/** How values that are not null become values of Parquet. Default: as they are. */
const written: Partial<Record<ParquetColumn['type'], (value: unknown) => unknown>> = {
  time: (value) => new Date(value as string),
  json: (value) => JSON.stringify(value),
};

function dataOf({ name, type }: ParquetColumn, rows: readonly ParquetRecord[]): { name: string; data: unknown[] } {
  const convert = written[type] ?? ((value: unknown) => value);
  return {
    name,
    data: rows.map(({ [name]: value }) => (value === undefined || value === null ? null : convert(value))),
  };
}
