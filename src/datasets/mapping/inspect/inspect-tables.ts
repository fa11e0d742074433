import type { Dataset, InteractionRecord, ItemRecord, ScenarioRecord, UserRecord } from '../../dataset.ts';
import { standardInput } from '../../tables/input.ts';
import type { Table } from '../../tables/table.ts';
import { mapTables } from '../mapped-dataset.ts';
import { type MappingInput, parseMapping } from '../mapping.ts';
import { addEntities, type GuessedFile } from './add-entities.ts';
import { type FileInput, guessFile, kindOfFile, ratingColumn } from './guess-file.ts';
import { guessIds } from './guess-ids.ts';
import { guessScale } from './guess-scale.ts';
import { joinAlike } from './join-alike.ts';
import { sampledRows, sampleTable, type TableSample, tableOfSample } from './sample-table.ts';

/** A record as the guessed mapping reads it, with the line that it is from. */
export interface Example {
  readonly kind: 'user' | 'item' | 'scenario' | 'interaction';
  readonly file: string;
  readonly line: number;
  readonly record: UserRecord | ItemRecord | ScenarioRecord | InteractionRecord;
}

export interface Inspection {
  /** The guess, or `undefined` if no file was understood. Files that were not understood have no entry. */
  readonly mapping: MappingInput | undefined;
  /** What was guessed and why, what could not be guessed, and which rows would be rejected: one sentence or two each. */
  readonly notes: readonly string[];
  /** At most ten records, with ratings on the scale of the files. */
  readonly examples: readonly Example[];
}

const maxExamples = 10;
/** Leaves room for each kind of record. */
const maxExamplesOfKind = 2;

/** Guesses a mapping from the names of the columns and the first thousand rows of each file. */
export async function inspectTables(tables: readonly Table[], name = 'import'): Promise<Inspection> {
  const samples: TableSample[] = [];
  for (const table of tables) samples.push(await sampleTable(table));
  const notes = [
    `The guess is from the names of the columns and the first ${sampledRows.toLocaleString('en-US')} rows of each file.`,
  ];
  const guessed = guessFiles(samples, notes);
  if (guessed.length === 0) return { mapping: undefined, notes, examples: [] };
  const ratings = guessed.flatMap(({ sample, entry }) =>
    entry.interactions?.value ? (ratingColumn(sample) ?? []) : [],
  );
  const ratingScale = guessScale(ratings, notes);
  const files = joinAlike(
    addEntities(guessed, notes),
    tables.map(({ file }) => file),
    notes,
  );
  const mapping = { name, ...(ratingScale ? { ratingScale } : {}), files };
  if (!guessed.some(({ entry }) => entry.interactions))
    notes.push(
      'No file has the IDs of users and of items in its rows, so there are no interactions; state "interactions".',
    );
  const parts = guessed.map(({ sample }) => tableOfSample(sample));
  const dataset = await mapTables(parseMapping(mapping), parts, ratingScale ?? { minimum: 1, maximum: 5 });
  const examples = await examplesOf(dataset, notes);
  return { mapping: { ...mapping, files: mapping.files.map(asImported) }, notes, examples };
}

/** Messages call `-` standard input, but an entry of a mapping has the name that `import` takes. */
function asImported(entry: FileInput): FileInput {
  return entry.file === standardInput ? { ...entry, file: '-' } : entry;
}

function guessFiles(samples: readonly TableSample[], notes: string[]): GuessedFile[] {
  const idsOf = guessIds(samples, notes);
  return samples.flatMap((sample) => {
    const ids = idsOf.get(sample) ?? {};
    const entry = guessFile[kindOfFile(sample, ids)](sample, ids, notes);
    return entry === undefined ? [] : [{ sample, ids, entry }];
  });
}

/** Returns the first records of each kind, and then more interactions. Adds a note about the rows that are rejected. */
async function examplesOf(dataset: Dataset, notes: string[]): Promise<Example[]> {
  const rejects: string[] = [];
  const examples: Example[] = [];
  const kinds = [
    ['user', dataset.users, maxExamplesOfKind],
    ['item', dataset.items, maxExamplesOfKind],
    ['scenario', dataset.scenarios, maxExamplesOfKind],
    ['interaction', dataset.interactions, maxExamples],
  ] as const;
  for (const [kind, stream, count] of kinds) {
    const first: Example[] = [];
    const batches = stream(({ file, line, reason }) => rejects.push(`${file}, line ${line}: ${reason}`));
    for await (const { rows } of batches) {
      for (const { file, line, record } of rows.slice(0, count - first.length))
        first.push({ kind, file, line, record });
    }
    examples.push(...first.slice(0, maxExamples - examples.length));
  }
  const [reject] = rejects;
  if (reject)
    notes.push(`Of the rows read, ${rejects.length} would be rejected, the first one for this reason: ${reject}.`);
  return examples;
}
