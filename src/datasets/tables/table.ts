import type { Batch, OnReject } from '../dataset.ts';

/**
 * A value as a file has it: text in CSV, any JSON value in JSON Lines, and also large integers, dates and bytes in
 * Parquet. `null` and `undefined` mean that there is no value. An integer that a JavaScript number cannot hold is text.
 */
export type Cell =
  | string
  | number
  | bigint
  | boolean
  | Date
  | Uint8Array
  | null
  | undefined
  | readonly Cell[]
  | { readonly [key: string]: Cell };

/** A file of rows with named columns, whatever its format. */
export interface Table {
  /** The base name of the file, for messages. `standard input` for standard input. */
  readonly file: string;
  /** The names of the columns, in the order of the file. In JSON Lines, the keys of the first thousand rows. */
  readonly columns: readonly string[];
  /** The size of the file, for progress; 0 if it is not known. The bytes of all batches add up to it. */
  readonly bytes: number;
  /**
   * Reads the file from the start, and lets the event loop turn between batches. A record has the cells of the given
   * columns, in this order. A column that a row lacks is `undefined`.
   *
   * Reports each row that is damaged, with its line, and goes on. In Parquet, lines are rows, counted from 1. Throws
   * INVALID_DATA if the file itself cannot be read any further.
   */
  rows(columns: readonly string[], onReject: OnReject): AsyncIterable<Batch<readonly Cell[]>>;
}

/** How to read a file. What is absent is recognized by the name and the first bytes of the file. */
export interface TableFormat {
  readonly type?: 'csv' | 'jsonl' | 'parquet' | undefined;
  readonly compression?: 'none' | 'gzip' | 'zstd' | undefined;
  /** Of CSV and JSON Lines. Default: by the byte order mark, or else UTF-8. */
  readonly encoding?: 'utf-8' | 'utf-16le' | 'utf-16be' | 'latin1' | 'windows-1252' | undefined;
  /** Of CSV: one character, or several such as `::`. Default: the one of comma, semicolon, tab and `|` that fits. */
  readonly delimiter?: string | undefined;
  /** Of CSV: the names of the columns, if the first line does not name them. */
  readonly columns?: readonly string[] | undefined;
}
