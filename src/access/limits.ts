/** How much one request may ask for, and how much one caller may ask for in a minute. */
export interface Limits {
  /** Of the body of a request. */
  readonly bodyBytes: number;
  /** Of one document. */
  readonly tokens: number;
  readonly depth: number;
  readonly aliases: number;
  readonly directives: number;
  /** Of one operation, in the points of `src/graphql/field-costs.ts`. */
  readonly cost: number;
  /** Points that one API key may spend. */
  readonly costPerMinute: number;
  /** Points that any other caller may spend: a user, or an address that sends no credential. */
  readonly userCostPerMinute: number;
  /** From one address, while its callers are unknown. */
  readonly requestsPerMinute: number;
  /** With invalid API keys, from one address. */
  readonly failedAuthenticationsPerMinute: number;
}
