const maxQuotedLength = 100;
const longest = 300;

/** What a message quotes, to its closing mark or, without one, the message's end. */
const quoted = /"(?:[^"\\]|\\.?)*(?:"|$)/gs;

/** A message of graphql-js, which quotes what clients send in full, cut to at most 300 characters: first what it quotes, then its middle. */
export function shortMessage(message: string): string {
  const text = message.replace(quoted, (all) =>
    all.length <= maxQuotedLength ? all : `${all.slice(0, maxQuotedLength).toWellFormed()}…"`,
  );
  if (text.length <= longest) return text;
  const half = longest / 2 - 1;
  return `${text.slice(0, half).toWellFormed()} … ${text.slice(1 - half).toWellFormed()}`;
}
