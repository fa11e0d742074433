import { z } from 'zod';

/** What the first line of a backup says it is. */
export const backupFormat = 'warmstart-backup';

/** Increased by each change after which earlier programs cannot read a backup. */
export const backupVersion = 1;

const tableSchema = z.strictObject({
  name: z.string(),
  columns: z.array(z.string()).min(1),
  rows: z.number().int().min(0),
});

const headerSchema = z.strictObject({
  format: z.literal(backupFormat),
  version: z.literal(backupVersion),
  createdAt: z.string(),
  /** The names of the migrations that made the tables, oldest first. */
  migrations: z.array(z.string()),
  /** In the order in which their rows follow. */
  tables: z.array(tableSchema),
  /** The last value of each sequence; `null` if it has given none yet. */
  sequences: z.record(z.string(), z.string().nullable()),
});

const endSchema = z.strictObject({
  end: z.literal(true),
  /** SHA-256 of all before this line, in hexadecimal digits. */
  sha256: z.string(),
});

/** A table of a backup. */
export type BackupTable = Readonly<z.infer<typeof tableSchema>>;

/** The first line of a backup. */
export type BackupHeader = Readonly<z.infer<typeof headerSchema>>;

/** The last line of a backup. */
export type BackupEnd = Readonly<z.infer<typeof endSchema>>;

/** Whether the first line is that of a backup in a later format than this program reads. */
export function isLaterFormat(line: unknown): boolean {
  const first = z.object({ format: z.literal(backupFormat), version: z.number() }).safeParse(line);
  return first.success && first.data.version > backupVersion;
}

/** Throws if the first line is not a header of this version. */
export function parseHeader(line: unknown): BackupHeader {
  return headerSchema.parse(line);
}

/** Throws if the last line is not an end mark. */
export function parseEnd(line: unknown): BackupEnd {
  return endSchema.parse(line);
}
