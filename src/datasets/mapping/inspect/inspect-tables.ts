import type { InteractionRecord, ItemRecord, ScenarioRecord, UserRecord } from '../../dataset.ts';
import { standardInput } from '../../tables/input.ts';
import type { Table } from '../../tables/table.ts';
import { mapTables } from '../mapped-dataset.ts';
import { type MappingInput, parseMapping } from '../mapping.ts';
import { addEntities, type GuessedFile } from './add-entities.ts';
import { agreeOnKinds } from './agree-on-kinds.ts';
import { type FileInput, guessFile, kindOfFile } from './guess-file.ts';
import { guessIds } from './guess-ids.ts';
import { guessScale } from './guess-scale.ts';
import { declaredTypes } from './guess-types.ts';
import { ratingColumn } from './guess-value.ts';
import { joinAlike } from './join-alike.ts';
import { sampledRows, sampleTable, type TableSample, tableOfSample } from './sample-table.ts';
import { skeletonOf } from './skeleton.ts';

/** A record as the guessed mapping reads it, with the line that it is from. */
export interface Example {
  readonly kind: 'user' | 'item' | 'scenario' | 'interaction';
  readonly file: string;
  readonly line: number;
  readonly record: UserRecord | ItemRecord | ScenarioRecord | InteractionRecord;
}

export interface Inspection {
  /**
   * The guess. Files that were not understood have no entry, unless no file was understood: then all have one with
   * placeholders. A file with interactions of which only the users or only the items are known always has one.
   */
  readonly mapping: MappingInput;
  /** The files whose entries have placeholders. */
  readonly toFillIn: readonly string[];
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
  const { guessed, skeletons } = guessFiles(samples, notes);
  const ratings = [...guessed, ...skeletons].flatMap(({ sample, entry }) =>
    entry.interactions?.value ? (ratingColumn(sample) ?? []) : [],
  );
  const ratingScale = guessScale(ratings, notes);
  const files = joinAlike(
    agreeOnKinds(addEntities(guessed, notes), notes),
    tables.map(({ file }) => file),
    notes,
  );
  const interactionTypes = declaredTypes([...guessed, ...skeletons].map(({ entry }) => entry));
  const mapping = {
    name,
    ...(ratingScale ? { ratingScale } : {}),
    ...(interactionTypes.length > 0 ? { interactionTypes } : {}),
    files,
  };
  if (skeletons.length === 0 && !guessed.some(({ entry }) => entry.interactions))
    notes.push(
      'No file has the IDs of users and of items in its rows, so there are no interactions; state "interactions".',
    );
  const examples = guessed.length > 0 ? await examplesOf(mapping, guessed, notes) : [];
  return {
    mapping: { ...mapping, files: [...files, ...skeletons.map(({ entry }) => entry)].map(asImported) },
    toFillIn: skeletons.map(({ entry }) => entry.file),
    notes,
    examples,
  };
}

/** Messages call `-` standard input, but an entry of a mapping has the name that `import` takes. */
function asImported(entry: FileInput): FileInput {
  return entry.file === standardInput ? { ...entry, file: '-' } : entry;
}

interface GuessedFiles {
  readonly guessed: readonly GuessedFile[];
  readonly skeletons: readonly GuessedFile[];
}

function guessFiles(samples: readonly TableSample[], notes: string[]): GuessedFiles {
  const idsOf = guessIds(samples, notes);
  const files = samples.map((sample) => {
    const ids = idsOf.get(sample) ?? {};
    const kind = kindOfFile(sample, ids);
    return { sample, ids, kind, entry: guessFile[kind](sample, ids, notes) };
  });
  const guessed = files.flatMap(withEntry);
  const unclear = files.filter(({ kind }) => kind === 'halfKnown' || (kind === 'unknown' && guessed.length === 0));
  const skeletons = unclear.map(({ sample, ids }) => ({ sample, ids, entry: skeletonOf(sample, ids, notes) }));
  return { guessed, skeletons: skeletons.flatMap(withEntry) };
}

function withEntry({ sample, ids, entry }: Partial<GuessedFile> & Omit<GuessedFile, 'entry'>): GuessedFile[] {
  return entry === undefined ? [] : [{ sample, ids, entry }];
}

/** Returns the first records of each kind, and then more interactions. Adds a note about the rows that are rejected. */
async function examplesOf(mapping: MappingInput, files: readonly GuessedFile[], notes: string[]): Promise<Example[]> {
  const tables = files.map(({ sample }) => tableOfSample(sample));
  const dataset = await mapTables(parseMapping(mapping), tables, mapping.ratingScale ?? { minimum: 1, maximum: 5 });
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
