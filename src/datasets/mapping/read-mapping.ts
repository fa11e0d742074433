import { readFile } from 'node:fs/promises';
import { WarmstartError } from '../../common/errors.ts';
import { type Mapping, parseMapping } from './mapping.ts';

/**
 * Reads a mapping from a file. Throws INVALID_CONFIGURATION if the file cannot be read, is not JSON, or is not a mapping.
 */
export async function readMapping(file: string): Promise<Mapping> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw wrong(
      `expected a mapping in the file ${file}, got the error ${(cause as Error).message}; import inspect writes one`,
      cause,
    );
  }
  const mapping = parseJson(file, text);
  try {
    return parseMapping(mapping);
  } catch (cause) {
    throw wrong(`${file}: ${(cause as Error).message}`, cause);
  }
}

/** Some editors write a byte order mark, which JSON does not allow. */
function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    throw wrong(
      `${file}: expected JSON, got the error ${(cause as Error).message}; find the line with jq . ${file}`,
      cause,
    );
  }
}

function wrong(message: string, cause: unknown): WarmstartError {
  return new WarmstartError('INVALID_CONFIGURATION', message, { cause });
}
