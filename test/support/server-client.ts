/** The answer of a server to an operation. */
export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests read what they have selected.
  readonly data?: any;
  readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[];
}

/** Sends an operation to a server. Rejects if the connection is lost. */
export type Ask = (query: string, variables?: object) => Promise<Answer>;

/** Returns a function that sends operations to a server process with an API key. */
export function clientOf({ url }: { readonly url: string }, apiKey: string): Ask {
  return async (query, variables = {}) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` },
      body: JSON.stringify({ query, variables }),
      signal: AbortSignal.timeout(60_000),
    });
    return { status: response.status, ...((await response.json()) as Omit<Answer, 'status'>) };
  };
}
