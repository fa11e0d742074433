/** The recommendations as the demonstration asks for them. */
export interface Answer {
  readonly edges: readonly {
    readonly node: { readonly externalId: string; readonly title: string };
    readonly score: number;
    readonly reason: string;
    readonly modelVersion: { readonly number: number } | null;
  }[];
}

/** Where a server is, and with which API key to ask it. */
export interface ServerAccess {
  readonly url: string;
  readonly apiKey: string;
}

/** Sends one GraphQL operation over HTTP; throws with the server's messages when it answers with errors. */
export async function askServer<T>(
  { url, apiKey }: ServerAccess,
  query: string,
  variables: object,
): Promise<T> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as { data?: T; errors?: { message: string }[] };
  if (errors || !data)
    throw new Error(`${url} answered: ${errors?.map(({ message }) => message).join('; ')}`);
  return data;
}
