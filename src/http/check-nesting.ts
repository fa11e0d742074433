import { WarmstartError } from '../common/errors.ts';

/** More than any operation's variables have, and few enough for whatever walks through them by recursion. */
const maxNested = 64;

const [quote, backslash, openBracket, closeBracket, openBrace, closeBrace] = [...'"\\[]{}'].map((character) =>
  character.charCodeAt(0),
);

/** Throws BAD_USER_INPUT when JSON, as UTF-8, has lists and objects within each other deeper than 64. */
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
  throw new WarmstartError(
    'BAD_USER_INPUT',
    `expected lists and objects nested at most ${maxNested} deep, got more`,
  );
}
