import { writeFile } from 'node:fs/promises';
import type { RatingScale } from '../catalog/interaction-value.ts';
import { WarmstartError } from '../common/errors.ts';
import type { Dataset } from '../datasets/dataset.ts';
import { openMapping } from '../datasets/mapping/mapped-dataset.ts';
import type { MappingInput } from '../datasets/mapping/mapping.ts';
import { readMapping } from '../datasets/mapping/read-mapping.ts';
import { openTable } from '../datasets/tables/open-table.ts';
import { listDataFiles } from './list-data-files.ts';

/**
 * Opens files, and the files of folders, as the mapping in a file says. Mappings can be in such a folder. Throws like
 * `openMapping` and `listDataFiles`.
 */
export async function openMappedFiles(
  paths: readonly string[],
  mappingFile: string,
  ratingScale: RatingScale,
): Promise<Dataset> {
  const mapping = await readMapping(mappingFile);
  const files = await listDataFiles(paths, mappingFile);
  return openMapping(mapping, files, openTable, ratingScale);
}

/** Writes a mapping. Throws INVALID_CONFIGURATION if the file is there, unless it may be replaced. */
export async function writeMapping(file: string, mapping: MappingInput, replace: boolean): Promise<void> {
  try {
    await writeFile(file, `${JSON.stringify(mapping, null, 2)}\n`, { flag: replace ? 'w' : 'wx' });
  } catch (cause) {
    const isThere = (cause as NodeJS.ErrnoException).code === 'EEXIST';
    const reason = isThere ? 'it is there already; use --force to replace it' : (cause as Error).message;
    throw new WarmstartError('INVALID_CONFIGURATION', `--map: cannot write the mapping ${file}: ${reason}`, { cause });
  }
}
