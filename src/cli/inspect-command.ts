import { Command } from 'commander';
import { type Example, inspectTables } from '../datasets/mapping/inspect/inspect-tables.ts';
import { openTable } from '../datasets/tables/open-table.ts';
import { listDataFiles } from './list-data-files.ts';
import { writeMapping } from './mapping-file.ts';
import { print } from './terminal.ts';

interface InspectOptions {
  readonly map: string;
  readonly name: string;
  readonly force: boolean;
}

export function inspectCommand(): Command {
  return new Command('inspect')
    .description('look at files, guess how to import them, and write the guess as a mapping')
    .argument('<files...>', 'files, folders with files, or - for standard input')
    .option('--map <file>', 'where to write the mapping', 'mapping.json')
    .option('--name <name>', 'the name of the dataset; a later import under this name adds only what is new', 'import')
    .option('--force', 'replace the mapping if it is there', false)
    .action(inspect);
}

async function inspect(paths: readonly string[], { map, name, force }: InspectOptions): Promise<void> {
  const files = await listDataFiles(paths, map);
  const tables = await Promise.all(files.map((file) => openTable(file)));
  const { mapping, toFillIn, notes, examples } = await inspectTables(tables, name);
  for (const { file, columns } of tables) print(`${file}: columns ${columns.join(', ')}`);
  print('');
  for (const note of notes) print(`- ${note}`);
  print('');
  if (examples.length > 0) print('The first records that an import would read:');
  for (const example of examples) print(exampleLine(example));
  await writeMapping(map, mapping, force);
  print('');
  if (toFillIn.length > 0) sayWhatToFillIn(map, toFillIn);
  else print(`The mapping is in ${map}. Check it, change what is wrong, and run:`);
  print(`  npm run -s cli -- import ${paths.join(' ')} --map ${map} --dry-run`);
}

/** A script must notice that the mapping cannot be used yet. */
function sayWhatToFillIn(map: string, files: readonly string[]): void {
  print(`The mapping in ${map} is not complete: the columns with the IDs were not found in ${files.join(', ')}.`);
  print(
    'Replace each text that begins with "FILL IN" by the name of a column, remove the files that have no such data,',
  );
  print('and run (with --create-missing if no file lists all users and items):');
  process.exitCode = 1;
}

const maxShownNumbers = 4;

function exampleLine({ kind, file, line, record }: Example): string {
  return `  ${kind.padEnd(11)} ${JSON.stringify(record, shortened)}  (${file}, line ${line})`;
}

/** The numbers of a vector tell nothing, and there can be thousands. */
function shortened(_key: string, value: unknown): unknown {
  if (!Array.isArray(value) || value.length <= maxShownNumbers) return value;
  return value.every((number) => typeof number === 'number') ? `${value.length} numbers` : value;
}
