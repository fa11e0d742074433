/** Maximum sizes of one request, and maximum use of the API by one caller in a minute. */
export interface Limits {
  /** Maximum number of requests that the server works on, or that wait for it. */
  readonly requestsInProgress: number;
  /** Maximum size of a request's body. */
  readonly bodyBytes: number;
  /** Maximum numbers of tokens, levels of fields, aliases and directives in a document. */
  readonly tokens: number;
  readonly depth: number;
  readonly aliases: number;
  readonly directives: number;
  /** Maximum cost of one operation, in the points of `src/graphql/field-costs.ts`. */
  readonly cost: number;
  /** Points that one API key may spend. */
  readonly costPerMinute: number;
  /** Points that any other caller may spend: a user, or an address that sends no credential. */
  readonly userCostPerMinute: number;
  /** Requests from one address whose callers are not known yet. */
  readonly requestsPerMinute: number;
  /** Requests from one address with invalid API keys. */
  readonly failedAuthenticationsPerMinute: number;
}
