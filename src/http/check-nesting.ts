import { WarmstartError } from '../common/errors.ts';

/**
 * More levels than the variables of any operation need, and few enough for code that walks through them by recursion.
 */
const maxNested = 64;

const [quote, backslash, openBracket, closeBracket, openBrace, closeBrace] = [...'"\\[]{}'].map((character) =>
  character.charCodeAt(0),
);

/** Throws BAD_USER_INPUT if lists and objects in a JSON text (UTF-8) are nested more than 64 deep. */
export function checkNesting(json: Uint8Array): void {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < json.length; index++) {
    const byte = json[index];
    if (byte === quote) inString = !inString;
    else if (inString) index += byte === backslash ? 1 : 0;
    else if (byte === closeBracket || byte === closeBrace) depth--;
    else if ((byte === openBracket || byte === openBrace) && ++depth > maxNested) refuse();
  }
}

function refuse(): never {
  throw new WarmstartError('BAD_USER_INPUT', `expected lists and objects nested at most ${maxNested} deep, got more`);
}
