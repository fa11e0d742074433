import { constants } from 'node:fs';
import { access, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { WarmstartError } from '../common/errors.ts';

const start = '<!-- paper:start -->';
const end = '<!-- paper:end -->';
const heading = '# The paper, reproduced';

/**
 * Throws INVALID_CONFIGURATION if the page cannot be written, or if it exists without the two comments that mark the
 * section.
 */
export async function checkPage(path: string): Promise<void> {
  try {
    const page = await readPage(path);
    await access(page === undefined ? dirname(path) : path, constants.W_OK);
    await access(dirname(path), constants.W_OK);
    replaceSection(page, '');
  } catch (cause) {
    throw new WarmstartError(
      'INVALID_CONFIGURATION',
      `--out: expected a writable page, got ${path}: ${(cause as Error).message}`,
      { cause },
    );
  }
}

/** Writes the section between the two comments of the page, and a whole page if there is none. */
export async function writeSection(path: string, section: string): Promise<void> {
  const page = replaceSection(await readPage(path), section);
  await writeFile(`${path}.partial`, page);
  await rename(`${path}.partial`, path);
}

/** Returns the page with another section. Everything outside of the comments stays as it is. */
export function replaceSection(page: string | undefined, section: string): string {
  const marked = `${start}\n\n${section.trim()}\n\n${end}`;
  if (page === undefined) return `${heading}\n\n${marked}\n`;
  const [from, to] = [page.indexOf(start), page.indexOf(end)];
  if (from < 0 || to < from)
    throw new Error(`it has no section between the lines ${start} and ${end}; add them, or name a new file`);
  return `${page.slice(0, from)}${marked}${page.slice(to + end.length)}`;
}

/** Returns the text of the page, or `undefined` if there is none. */
async function readPage(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
